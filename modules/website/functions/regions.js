// Viewer request of /regions/NAME/…: the rest of the path is asked of that region, which this behaviour's origin is.
// It must never log: an address may hold a receipt.
function handler(event) {
  var request = event.request;
  var slash = request.uri.indexOf('/', '/regions/'.length);
  request.uri = slash < 0 ? '/' : request.uri.slice(slash);
  return request;
}
