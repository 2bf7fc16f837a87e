# The results.

all-results = ← All results
no-such-jurisdiction = There is no such jurisdiction
status-not-open = The polls are not open yet
status-not-open-means = Results appear here as ballots are counted.
status-open = The polls are open
status-open-means = Counts are unofficial and not complete.
status-counting = The polls are closed. Ballots are being counted.
status-counting-means = Counts are unofficial and not complete.
status-complete = Unofficial results, complete
status-complete-means = The polls are closed and all ballots are counted. The results are unofficial until they are certified.
status-certified = Certified results
status-certified-means = All ballots were counted again. These are the final results.
opens-at = They open on { $time }.
closes-at = They close on { $time }.
turnout-only = Votes for each candidate are published after the polls close.
last-updated = Last updated: { $time }
nothing-counted = No ballot is counted yet.
not-updating = Not updating since { $time }. We keep trying.
not-loaded = The results could not be loaded yet. We keep trying.
pause = Pause updates
resume = Resume updates
ballots-counted = Ballots counted
jurisdictions-reported = Jurisdictions reported
of = { $part } of { $whole }
contest-ballots = { $ballots ->
    [one] { $ballots } ballot counted.
   *[other] { $ballots } ballots counted.
}
contest-allows = Vote for up to { $allowed }: a share is of all votes, not of all ballots.
votes = { $votes ->
    [one] { $votes } vote
   *[other] { $votes } votes
}
write-ins = Write-ins
votes-not-used = Votes not used
overvotes = Ballots with too many votes
show-all = Show all { $count } candidates
show-fewer = Show the first { $count } only
jurisdictions = Jurisdictions
show = Show
who-leads = Who leads: { $contest }
map-leaders = Map of who leads where. The table after it says the same.
map-turnout = Map of how many ballots are counted where. The table after it says the same.
table-caption = Results by jurisdiction
column-name = Jurisdiction
column-ballots = Ballots counted
column-leading = Leading
tie = Tie
no-votes-yet = No votes yet
data = The numbers as data
download-json = Download as JSON
download-csv = Download as CSV
