//! A few seconds of each profile against the real server.

use crate::support::{Demo, Ran};

/// Everything accepted is recorded and counted, in all regions.
#[track_caller]
fn assert_reconciled(ran: &Ran) {
    for name in ["lost", "doubled", "uncounted", "unresolved"] {
        assert_eq!(ran.votes(name), 0, "{name}: {}", ran.report);
    }
    assert_eq!(
        ran.votes("recorded") + ran.votes("conflicts"),
        ran.votes("accepted")
    );
    let newly = ran.report["newly_recorded"].as_u64().unwrap();
    for region in ran.report["regions"].as_array().unwrap() {
        assert!(
            region["counted"].is_null() || region["counted"] == newly,
            "{region}"
        );
    }
}

#[test]
fn steady_votes_are_all_recorded_and_the_same_seed_repeats_them() {
    let demo = Demo::new(300);
    let first = demo.loadtest(&[
        "steady",
        "--seed",
        "7",
        "--votes",
        "120",
        "--report-file",
        "goose.html",
        "--report-file",
        "goose.json",
    ]);
    let first = first.exits(0);
    assert_reconciled(&first);
    assert_eq!((first.votes("sent"), first.votes("recorded_before")), (120, 0));
    for file in ["goose.html", "goose.json"] {
        let report = std::fs::read_to_string(demo.folder.path().join(file)).unwrap();
        assert!(
            report.contains("/votes") && !report.contains("/receipts/1"),
            "{file}"
        );
    }

    let again = demo
        .loadtest(&["steady", "--seed", "7", "--votes", "120"])
        .exits(0);
    assert_reconciled(&again);
    assert_eq!(
        (again.votes("accepted"), again.votes("recorded_before")),
        (120, 120)
    );

    // Without a seed, only who hasn't voted.
    let rest = demo.loadtest(&["steady"]).exits(0);
    assert_reconciled(&rest);
    assert_eq!((rest.votes("sent"), rest.votes("recorded_before")), (180, 0));
    demo.loadtest(&["steady"])
        .exits(64)
        .says("everybody with a letter has voted");

    // Other ballots of the same people are refused, and that is in order.
    let other = demo
        .loadtest(&["steady", "--seed", "8", "--votes", "50"])
        .exits(0);
    assert_eq!(other.report["votes"]["refused"]["409 already-voted"], 50);
}

#[test]
fn an_election_day_survives_a_failed_and_a_lost_region() {
    let demo = Demo::new(400);
    let day = demo.loadtest(&[
        "election-day",
        "-t",
        "4s",
        "--data",
        "data",
        "--fail-region",
        "us-east-1@500ms",
        "--restore-region",
        "us-east-1@2s",
        "--lose-region",
        "us-east-2@2500ms",
    ]);
    let day = day.exits(0);
    assert_reconciled(&day);
    assert_eq!((day.votes("sent"), day.votes("recorded")), (400, 400));
    assert!(day.votes("repeats") > 0, "the retry storm");
    assert_eq!(day.report["drills"].as_array().unwrap().len(), 3);
    assert!(day.report["requests"]["answers"]["503 region-unavailable"].as_u64() > Some(0));
    let regions = day.report["regions"].as_array().unwrap();
    assert!(
        regions
            .iter()
            .any(|region| region["name"] == "us-east-2" && region["counted"].is_null())
    );
    let status: serde_json::Value =
        serde_json::from_str(&demo.operate(&["status", "--format", "json"])).unwrap();
    assert_eq!(status["recorded"], 400);
}

#[test]
fn a_spike_is_counted() {
    let spike = Demo::new(150)
        .loadtest(&[
            "spike",
            "-t",
            "2s",
            "--threshold",
            "errors<1%",
            "--threshold",
            "p99<1h",
        ])
        .exits(0);
    assert_reconciled(&spike);
    assert_eq!(spike.votes("sent"), 150);
}

#[test]
fn a_soak_goes_to_each_region_by_its_weight() {
    let demo = Demo::new(150);
    let [east, west] = ["us-east-1=4", "us-west-2=1"].map(|name| format!("{}/regions/{name}", demo.url));
    let common = ["--letters", "data/letters.csv", "--no-print-metrics"];
    let arguments = [
        "soak", "-t", "2s", "--rate", "75", "--seed", "1", "--host", &east, "--host", &west,
    ];
    let soak = crate::support::loadtest(demo.folder.path(), &[&arguments[..], &common].concat()).exits(0);
    assert_reconciled(&soak);
    let accepted = |place: usize| soak.report["regions"][place]["accepted"].as_u64().unwrap();
    assert!(
        accepted(0) > 2 * accepted(1) && accepted(1) > 0,
        "{}",
        soak.report["regions"]
    );
}

#[test]
fn readers_get_what_has_changed_only() {
    let demo = Demo::new(50);
    let quiet = demo.loadtest(&["readers", "-t", "3s", "-u", "40"]).exits(0);
    assert_eq!(
        (quiet.votes("sent"), quiet.report["newly_recorded"].as_u64()),
        (0, Some(0))
    );
    assert!(
        quiet.stdout.contains("40 new"),
        "each reader gets the document once:\n{}",
        quiet.stdout
    );
    let busy = demo
        .loadtest(&["readers", "-t", "3s", "-u", "40", "--rate", "10"])
        .exits(0);
    assert_reconciled(&busy);
    assert_eq!(busy.votes("sent"), 30);
}

#[test]
fn a_hostile_crowd_changes_no_count() {
    let hostile = Demo::new(300)
        .loadtest(&["hostile", "-t", "3s", "--rate", "60"])
        .exits(0);
    assert_reconciled(&hostile);
    assert_eq!(hostile.report["newly_recorded"], 180, "one ballot of each voter");
    assert!(hostile.votes("repeats") > 0, "replays");
    assert!(hostile.votes("sent") > 180, "double casts");
    assert_eq!(hostile.report["healthy"], true);
}

#[test]
fn a_missed_threshold_fails_the_run_after_its_whole_report() {
    let missed = Demo::new(20)
        .loadtest(&["steady", "--threshold", "p50<1us"])
        .exits(1)
        .says("p50<1us was missed");
    assert_reconciled(&missed);
    assert_eq!(missed.report["thresholds"][0]["holds"], false);
}

/// Three votes of which one may be written in, two jurisdictions, secret until the close.
const CLUB: &str = include_str!("../../../examples/club-board/definition.toml");
const CLUB_WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/club-board/weights.csv");

#[test]
fn secret_counts_are_compared_once_the_polls_are_closed() {
    let demo = Demo::of(CLUB, 60);
    let club = [
        "steady",
        "--definition",
        "definition.toml",
        "--weights",
        CLUB_WEIGHTS,
        "--votes",
        "30",
    ];
    let open = demo.loadtest(&club).exits(0);
    assert_reconciled(&open);
    assert!(open.stdout.contains("votes are secret"), "{}", open.stdout);
    let more = demo
        .loadtest(&[&club[..], &["--data", "data", "--close"]].concat())
        .exits(0);
    assert_reconciled(&more);
    assert!(
        more.stdout.contains("votes are secret"),
        "what was counted before isn't known"
    );
    demo.loadtest(&club).exits(64).says("isn't open");

    let fresh = Demo::of(CLUB, 60);
    let closed = fresh
        .loadtest(&[&club[..], &["--data", "data", "--close"]].concat())
        .exits(0);
    assert_reconciled(&closed);
    assert!(!closed.stdout.contains("not compared"), "{}", closed.stdout);
}

#[test]
fn counts_that_a_live_step_holds_back_are_no_difference() {
    let definition = CLUB.replace("results = \"after-close\"", "results = \"live\"\nlive_step = 7");
    let demo = Demo::of(&definition, 60);
    let club = ["steady", "--definition", "definition.toml", "--votes", "20"];
    let first = demo.loadtest(&club).exits(0);
    assert_eq!(
        (
            first.votes("recorded"),
            first.votes("lost"),
            first.votes("doubled")
        ),
        (20, 0, 0)
    );
    assert!(first.stdout.contains("holds counts back"), "{}", first.stdout);
    let closed = demo
        .loadtest(&[&club[..], &["--data", "data", "--close"]].concat())
        .exits(0);
    assert_eq!(
        (
            closed.votes("recorded"),
            closed.votes("lost"),
            closed.votes("doubled")
        ),
        (20, 0, 0)
    );
}
