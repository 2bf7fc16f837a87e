# What the voting pages say. "The election office" is whoever runs the election.

vote = Vote
steps = Steps
step-voter-id = Voter ID
step-ballot = Your votes
step-review = Review
step-receipt = Receipt
back = Back

# 1 Voter ID
enter-voter-id = Enter your voter ID
voter-id = Voter ID
voter-id-hint = It is on the letter we mailed you, for example K7RM2-9XQ4T-0WZ34. Capital letters, spaces and hyphens do not matter.
continue = Continue
looking-up = Looking up your ballot…
voter-id-empty = Enter your voter ID.
voter-id-symbol = Your voter ID has a character that is never used. It has only digits and letters, and never the letter U.
voter-id-length = Your voter ID must have 15 letters and digits. You entered { $length }.
voter-id-check = There is a typing mistake in your voter ID. Compare it with your letter, one character at a time.
voter-id-unknown = This voter ID is not on the list of voters. Compare it with your letter. If it is the same, contact the election office.
voter-id-replaced = This voter ID was replaced by a newer one. Use the one on your latest letter, or contact the election office.
election-over = This election is over. Voter IDs are no longer in use.
look-up-later = We could not look up your ballot just now. Wait a minute, then choose Continue again.
cleared = Your votes were cleared because this page was not used for a while. Your ballot was not cast. Enter your voter ID to start again.

# 2 Your ballot
your-ballot = Your ballot
ballot-for = Your ballot is for
compare-jurisdiction = Compare this with your letter. If it is not the same, do not go on: contact the election office.
ballot-contests = { $contests ->
    [one] Your ballot has { $contests } contest:
   *[other] Your ballot has { $contests } contests:
}
votes-allowed = { $votes ->
    [one] Vote for one.
   *[other] Vote for up to { $votes }.
}
review-before = You can review and change everything before you cast your ballot.
start-voting = Start voting
already-recorded = A ballot was already recorded for this voter.
nobody-twice = Nobody can vote twice. If you have a receipt, you can check that ballot. If you have not voted, contact the election office.
check-my-ballot = Check my ballot
not-open = The polls are not open yet.
opens-at = The polls are not open yet. They are announced to open on { $time }.
closed = The polls are closed. You can no longer vote.

# 3 One contest
contest-position = Contest { $contest } of { $contests }
votes-used = { $allowed ->
    [one] You have used { $used } of { $allowed } vote.
   *[other] You have used { $used } of { $allowed } votes.
}
write-in = Write-in (optional)
write-in-line = Write-in { $line } (optional)
write-in-hint = To vote for someone who is not listed, type their name.
write-in-repeated = You wrote in the same name twice. Remove one of them.
overvote-one = You have already used your vote. To vote for { $wanted }, first remove your vote for { $chosen }.
overvote-many = You have already used all { $allowed } votes. To vote for { $wanted }, first remove one of your other votes.
somebody-else = somebody else
next = Next
skip-contest = Skip this contest
save-and-review = Save and return to review
leave-blank-and-review = Leave blank and return to review

# 4 Review
review = Review your votes
not-cast-yet = Your ballot has not been cast yet.
no-choice = You made no choice in this contest.
votes-left = You used { $used } of { $allowed } votes.
written-in = (write-in)
change = Change
change-contest = Change { $contest }
cannot-change = After you cast your ballot, you cannot change it.
cast = Cast my ballot

# 5 Casting
casting = Casting your ballot
wait = Wait for your receipt.
checking = We are checking whether your ballot was recorded. Do not start again.
long-wait = This takes longer than usual. Keep this page open: it goes on trying by itself.

# 6 What became of it
was-cast = Your ballot was cast
nothing-else = You do not need to do anything else.
your-receipt = Your receipt
receipt-says = It does not show how you voted. Print it or write it down: this page forgets it when you leave.
receipt-fits = This page computed the receipt itself: it fits the choices you made.
receipt-differs = The receipt does not fit your ballot
receipt-differs-text = Your browser computed another receipt for the choices you made. Keep this page open and tell the election office.
receipt-unreadable = The receipt that came back could not be read. Keep this page open and tell the election office.
receipt-qr = QR code: opens the page that checks this receipt
print = Print this page
check-later = In a few minutes, or at any later time, you can check with the receipt that your ballot was recorded.
check-in-new-tab = Check my ballot (opens in a new tab)
unconfirmed = We could not confirm your ballot
unconfirmed-text = Your ballot may have been recorded, but we could not get your receipt.
unconfirmed-what-to-do = Contact the election office. It can see whether a ballot of yours was recorded, not how you voted.
another-recorded = A ballot was already recorded
another-recorded-text = This ballot was not counted: another ballot was already recorded for this voter.
another-recorded-what-to-do = If you cast that one, you have its receipt and can check it. If you have not voted before, contact the election office.
polls-closed = The polls are closed
polls-closed-text = Your ballot was not cast, because the polls have closed.
ballot-changed = The ballot has changed
ballot-changed-text = Your ballot was not cast, because the ballot was changed meanwhile.
start-again = Start again with the new ballot
not-cast-not-open = Your ballot was not cast: the polls are not open yet. Keep this page open to keep your choices.
not-cast-contest = Your ballot was not cast. Change your choices in: { $contest }
not-cast = Your ballot was not cast. Try again, or contact the election office.

# Are you still voting?
still-voting = Are you still voting?
still-voting-text = { $minutes ->
    [one] If you do not answer within { $minutes } minute, your votes are cleared, so that nobody else sees them. Your ballot has not been cast yet.
   *[other] If you do not answer within { $minutes } minutes, your votes are cleared, so that nobody else sees them. Your ballot has not been cast yet.
}
still-voting-yes = Yes, continue voting

# 7 Check my ballot
check-about = You got a receipt when you cast your ballot. It tells whether that very ballot was recorded. It does not show how you voted.
receipt = Receipt
receipt-hint = 36 letters and digits in nine groups of four. Capital letters, spaces and hyphens do not matter.
receipt-empty = Enter your receipt.
receipt-symbol = Your receipt has a character that is never used. It has only digits and letters, and never the letter U.
receipt-length = Your receipt must have 36 letters and digits. You entered { $length }.
receipt-check = There is a typing mistake in your receipt. Compare it with what you printed or wrote down, one character at a time.
check = Check
checking-receipt = Checking…
check-later-again = We could not check your receipt just now. This says nothing about your ballot. Try again in a minute.
receipt-checked = Receipt checked:
recorded = Your ballot was recorded
recorded-text = The ballot of this receipt is in the ballot box, unchanged.
recorded-what-to-do = You do not need to do anything else.
another = Another ballot was recorded
another-text = For the voter of this receipt a different ballot is in the ballot box. The ballot of this receipt was not counted.
another-what-to-do = If you cast more than one ballot, check the other receipt. If you cast only this one, contact the election office and show the receipt.
not-yet = Not recorded yet
not-yet-text = The ballot box has no ballot for this receipt yet. Recording takes a few seconds as a rule, and some minutes at busy times.
not-yet-what-to-do = Check again in ten minutes. If it is still not recorded an hour after you cast it, contact the election office and show the receipt.
not-recorded = Not recorded
not-recorded-text = Counting is over, and the ballot box has no ballot for this receipt.
not-recorded-what-to-do = Compare the receipt with what you printed or wrote down. If it is the same, contact the election office and show the receipt.
