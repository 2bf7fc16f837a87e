// Casting: sends one ballot until the service has said what became of it, and puts the
// answer into one of a few outcomes. Never makes a second ballot, never shows anything.

import { requestAnywhere } from "../shared/api.js";
import { parseReceipt, receiptMatches } from "./receipt.js";

/** Keeps sending `ballot` = {voterId, ballotId, content, electionHash}. Answers
 *  - `{kind: "cast", receipt, matches}`: `matches` is true, false or null (not computable);
 *  - `{kind: "refused", code, errors, detail}`: nothing was recorded by this attempt;
 *  - `{kind: "unknown", code}`: refused after an answer was lost, so that the ballot may have
 *    been recorded all the same. */
export async function castBallot(ballot, { regions, home, onRetry }) {
  let uncertain = false;
  // Text, so that the selections keep the order in which the content is hashed.
  const body =
    `{"voter_id":${JSON.stringify(ballot.voterId)},"ballot_id":${JSON.stringify(ballot.ballotId)},` +
    `"election_hash":${JSON.stringify(ballot.electionHash)},"selections":${ballot.content}}`;
  const answer = await requestAnywhere(
    "/votes",
    { method: "POST", body },
    {
      regions,
      home,
      attempts: Infinity,
      onRetry(attempt) {
        uncertain = true;
        onRetry(attempt);
      },
    },
  );
  if (answer.status < 400) return accepted(answer.body.receipt, ballot);
  const { code } = answer;
  // A conflict says what is in the ballot box: certain however often we asked.
  if (uncertain && answer.status !== 409) return { kind: "unknown", code };
  return { kind: "refused", code, errors: answer.body.errors ?? [], detail: answer.body.detail };
}

async function accepted(typed, ballot) {
  const { receipt, bytes } = parseReceipt(String(typed ?? ""));
  if (!receipt) return { kind: "cast", receipt: null, matches: false };
  return { kind: "cast", receipt, matches: await receiptMatches({ bytes, ...ballot }) };
}
