# What every page says.

election = Election
error = Error
problems = There is a problem
skip = Skip to main content
main-navigation = Main
nav-vote = Vote
nav-results = Results
nav-check = Check my ballot
language = Language
text-size = Text size
text-size-normal = Normal text
text-size-large = Large text
text-size-largest = Largest text
footer-privacy = These pages keep nothing on your device and contact no other website.
visits = { $visits ->
    [one] { $visits } visit so far.
   *[other] { $visits } visits so far.
}

site-broken = This site cannot be used right now
config-missing = It is not set up: its file config.json is missing. Tell the election office.
config-wrong = It is not set up: its file config.json is not as it must be. Tell the election office.
config-unreachable = Part of it could not be loaded. Check your connection, then reload the page.

page-not-found = Page not found
page-not-found-text = There is no page at this address. If you typed it, check it for mistakes.
see-results = See the results
