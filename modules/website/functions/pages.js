// Viewer request of both sites: which file a page's address means, and which of the two sites has the page.
// It must never log: an address may hold a receipt.
function handler(event) {
  var request = event.request;
  var files = ${files};
  var elsewhere = ${elsewhere};
  var uri = request.uri;

  if (uri.indexOf('/assets/') === 0) return request;
  if (files[uri]) {
    request.uri = files[uri];
    return request;
  }
  if (uri === '/' && '${front}' !== '') {
    // Typed in, the results' host means the results. Followed from one of its pages, "Vote" means the other site.
    var from = request.headers['sec-fetch-site'];
    return redirect(from && from.value === 'same-origin' ? elsewhere['/'] : '${front}');
  }
  if (elsewhere[uri]) return redirect(elsewhere[uri]);
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: {
      'cache-control': { value: 'no-store' },
      'content-type': { value: 'text/html; charset=utf-8' },
      'x-content-type-options': { value: 'nosniff' },
    },
    body: {
      encoding: 'text',
      data: '<!doctype html><html lang="en"><title>Page not found</title><h1>Page not found</h1><p><a href="/">Go to the first page</a></p></html>',
    },
  };
}

function redirect(location) {
  return {
    statusCode: 302,
    statusDescription: 'Found',
    headers: { location: { value: location }, 'cache-control': { value: 'no-store' } },
  };
}
