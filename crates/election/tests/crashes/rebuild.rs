//! A rebuild that dies leaves the old tally or the new one.

use serde_json::json;

use crate::support::{Election, REGIONS, TWO_TOWNS};
use crate::{SIDES, dying};

#[test]
fn a_rebuild_that_dies_left_the_old_tally_or_the_new_one() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve_with(&["--second-copy-delay", "100ms"]);
    let voter = &election.ids("north")[0];
    server.vote(voter, &json!({ "mayor": ["ada"] })).receipt();
    server.counted(1);
    election.run(["close"]).exits(0);
    server.stop();
    let [region, ..] = REGIONS;
    let file = election.data(&format!("region-{region}.sqlite"));
    let wrong = r#"UPDATE tallies SET item = replace(item, '"ada":1', '"ada":9')"#;
    for side in SIDES {
        rusqlite::Connection::open(&file)
            .unwrap()
            .execute_batch(wrong)
            .unwrap();
        election.run(["recount"]).exits(1);
        let plan = format!("tallies.replace:{side}:1:die");
        let died = dying(&election, &plan)
            .args(["tally", "rebuild", region])
            .output();
        assert_eq!(died.unwrap().status.code(), None, "{plan}");
        election.run(["recount"]).exits(i32::from(side == "before"));
        election.run(["tally", "rebuild", region]).exits(0);
        election.recount();
    }
}
