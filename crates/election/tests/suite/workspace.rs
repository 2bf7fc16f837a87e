//! Owns the rule of which crate may depend on which (docs/ARCHITECTURE.md), and holds the
//! workspace to it. Development dependencies are free. It must never grow an exception for one
//! crate: a new place in the tree needs a [`Role`]. Over 400 lines: the rule stands beside the made-up
//! workspaces that show that it can fail.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What a crate is in the design, as its folder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Core,
    /// Formulas, which know no election.
    Planner,
    Service,
    Adapter,
    Testkit,
    Program,
    /// Talks HTTP, and runs the program as anybody does.
    Client,
}

impl Role {
    fn of(folder: &str) -> Option<Self> {
        match folder {
            "crates/core" => Some(Self::Core),
            "crates/planner" => Some(Self::Planner),
            "crates/service" => Some(Self::Service),
            "crates/sqlite" | "crates/aws" | "crates/postgres" | "crates/redis" => Some(Self::Adapter),
            "crates/testkit" => Some(Self::Testkit),
            "crates/election" | "functions" => Some(Self::Program),
            "benchmarks" | "loadtest" | "tests/soak" => Some(Self::Client),
            _ => folder.starts_with("functions/").then_some(Self::Program),
        }
    }

    fn may_depend_on(self, other: Self, optional: bool) -> bool {
        match self {
            Self::Core | Self::Planner => false,
            Self::Service => other == Self::Core,
            Self::Client => matches!(other, Self::Core | Self::Planner),
            Self::Adapter | Self::Testkit => matches!(other, Self::Core | Self::Service),
            // Drills run a program with faults in it.
            Self::Program => other != Self::Client && (other != Self::Testkit || optional),
        }
    }
}

/// Crates that bring async, a clock, randomness or I/O: the core declares none of them.
const IMPURE: [&str; 23] = [
    "async-trait",
    "axum",
    "chrono",
    "fastrand",
    "futures",
    "futures-util",
    "getrandom",
    "hyper",
    "jiff",
    "lambda_runtime",
    "prometheus-client",
    "rand",
    "rand_core",
    "reqwest",
    "rusqlite",
    "tempfile",
    "tokio",
    "tower",
    "tower-http",
    "tracing",
    "tracing-subscriber",
    "ureq",
    "web-time",
];

/// The same, of crates that are pure without these features.
const IMPURE_FEATURES: [(&str, &str); 7] = [
    ("time", "local-offset"),
    ("uuid", "fast-rng"),
    ("uuid", "rng"),
    ("uuid", "v1"),
    ("uuid", "v4"),
    ("uuid", "v6"),
    ("uuid", "v7"),
];

/// A crate of the workspace with what it declares, apart from development dependencies.
struct Member {
    name: String,
    folder: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// Only there with a feature, which no release has.
    optional: bool,
    features: Vec<String>,
}

/// One sentence for each breach.
fn breaches(members: &[Member]) -> Vec<String> {
    let folders: BTreeMap<&str, &str> = members
        .iter()
        .map(|member| (member.name.as_str(), member.folder.as_str()))
        .collect();
    let mut found = Vec::new();
    for member in members {
        let folder = &member.folder;
        let Some(role) = Role::of(folder) else {
            found.push(format!("{folder} has no role in the design"));
            continue;
        };
        for Dependency {
            name,
            optional,
            features,
        } in &member.dependencies
        {
            let other = folders.get(name.as_str());
            if let Some(other) = other
                && !Role::of(other).is_some_and(|other| role.may_depend_on(other, *optional))
            {
                found.push(format!("{folder} depends on {other}"));
            }
            if role != Role::Core {
                continue;
            }
            if IMPURE.contains(&name.as_str()) {
                found.push(format!("{folder} depends on {name}, which isn't pure"));
            }
            for (_, feature) in IMPURE_FEATURES
                .iter()
                .filter(|(of, feature)| of == name && features.iter().any(|declared| declared == feature))
            {
                found.push(format!(
                    "{folder} depends on {name} with {feature}, which isn't pure"
                ));
            }
        }
    }
    found
}

/// The AWS crates that are compiled whenever the package named `from` is.
fn aws_sdk_behind<'a>(edges: &'a BTreeMap<String, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(package) = next.pop() {
        if reached.insert(package) {
            next.extend(edges.get(package).into_iter().flatten().map(String::as_str));
        }
    }
    reached.retain(|name| name.starts_with("aws-sdk-") || *name == "aws-config");
    reached
}

fn read(metadata: &Metadata) -> Vec<Member> {
    let root = &metadata.workspace_root;
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Member {
            name: package.name.to_string(),
            folder: package
                .manifest_path
                .parent()
                .and_then(|folder| folder.strip_prefix(root).ok())
                .map_or_else(String::new, |folder| folder.as_str().replace('\\', "/")),
            dependencies: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| Dependency {
                    name: dependency.name.clone(),
                    optional: dependency.optional,
                    features: dependency.features.clone(),
                })
                .collect(),
        })
        .collect()
}

/// Package names and the names that each is compiled with, for the default features.
fn read_edges(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let others = node.deps.iter().filter(|other| {
            other
                .dep_kinds
                .iter()
                .any(|dependency| dependency.kind != DependencyKind::Development)
        });
        edges
            .entry(metadata[&node.id].name.to_string())
            .or_default()
            .extend(others.map(|other| metadata[&other.pkg].name.to_string()));
    }
    edges
}

fn metadata() -> Result<Metadata, cargo_metadata::Error> {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        // One platform, so that no crate of another needs to be downloaded for it.
        .other_options(["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"].map(str::to_owned))
        .exec()
}

#[test]
fn crates_depend_only_in_the_directions_of_the_design() -> Result<(), cargo_metadata::Error> {
    let members = read(&metadata()?);
    let core = members.iter().find(|member| member.folder == "crates/core");
    assert!(
        core.is_some_and(|core| core
            .dependencies
            .iter()
            .any(|dependency| dependency.name == "serde")),
        "the workspace wasn't read: the core has lost a dependency that it's known to have"
    );
    assert_eq!(breaches(&members), Vec::<String>::new());
    Ok(())
}

#[test]
fn the_command_compiles_without_the_aws_sdk_by_default() -> Result<(), cargo_metadata::Error> {
    let edges = read_edges(&metadata()?);
    assert!(
        edges
            .get("election-core")
            .is_some_and(|others| others.contains("serde"))
            && edges.contains_key("election"),
        "the resolved dependencies weren't read"
    );
    assert_eq!(aws_sdk_behind(&edges, "election"), BTreeSet::new());
    Ok(())
}

fn member(name: &str, folder: &str, dependencies: &[&str]) -> Member {
    let dependency = |text: &&str| {
        let (name, features) = text.split_once('+').unwrap_or((text, ""));
        Dependency {
            name: name.trim_start_matches('?').to_owned(),
            optional: name.starts_with('?'),
            features: features.split('+').map(str::to_owned).collect(),
        }
    };
    Member {
        name: name.to_owned(),
        folder: folder.to_owned(),
        dependencies: dependencies.iter().map(dependency).collect(),
    }
}

#[test]
fn a_workspace_as_designed_has_no_breach() {
    let members = [
        member(
            "election-core",
            "crates/core",
            &["serde", "uuid+std", "time+parsing"],
        ),
        member(
            "election-service",
            "crates/service",
            &["election-core", "axum", "tokio"],
        ),
        member(
            "election-sqlite",
            "crates/sqlite",
            &["election-core", "election-service", "rusqlite"],
        ),
        member(
            "election-aws",
            "crates/aws",
            &["election-core", "election-service", "aws-sdk-sqs"],
        ),
        member(
            "election-testkit",
            "crates/testkit",
            &["election-core", "election-service", "rand"],
        ),
        member("election-planner", "crates/planner", &["fastrand"]),
        member(
            "election",
            "crates/election",
            &[
                "election-core",
                "election-planner",
                "election-service",
                "election-sqlite",
            ],
        ),
        member(
            "vote-processor",
            "functions/vote-processor",
            &["election-service", "election-aws"],
        ),
        member(
            "election-loadtest",
            "loadtest",
            &["election-core", "election-planner", "goose"],
        ),
        member("soak", "tests/soak", &["election-core", "reqwest"]),
        member("benchmarks", "benchmarks", &["election-core", "axum", "rusqlite"]),
    ];
    assert_eq!(breaches(&members), Vec::<String>::new());
}

#[test]
fn every_dependency_against_the_design_is_a_breach() {
    let folders = [
        ("core", "crates/core"),
        ("planner", "crates/planner"),
        ("service", "crates/service"),
        ("sqlite", "crates/sqlite"),
        ("postgres", "crates/postgres"),
        ("testkit", "crates/testkit"),
        ("election", "crates/election"),
        ("enqueuer", "functions/vote-enqueuer"),
        ("loadtest", "loadtest"),
        ("soak", "tests/soak"),
    ];
    let names = folders.map(|(name, _)| name);
    let members = folders.map(|(name, folder)| {
        let others: Vec<&str> = names.into_iter().filter(|other| *other != name).collect();
        member(name, folder, &others)
    });
    let mut expected = Vec::new();
    for (from, allowed) in [
        ("crates/core", &[][..]),
        ("crates/planner", &[]),
        ("crates/service", &["crates/core"]),
        ("crates/sqlite", &["crates/core", "crates/service"]),
        ("crates/postgres", &["crates/core", "crates/service"]),
        ("crates/testkit", &["crates/core", "crates/service"]),
        (
            "crates/election",
            &[
                "crates/core",
                "crates/planner",
                "crates/service",
                "crates/sqlite",
                "crates/postgres",
                "functions/vote-enqueuer",
            ],
        ),
        (
            "functions/vote-enqueuer",
            &[
                "crates/core",
                "crates/planner",
                "crates/service",
                "crates/sqlite",
                "crates/postgres",
                "crates/election",
            ],
        ),
        ("loadtest", &["crates/core", "crates/planner"]),
        ("tests/soak", &["crates/core", "crates/planner"]),
    ] {
        let forbidden = folders
            .iter()
            .filter(|(_, to)| *to != from && !allowed.contains(to));
        expected.extend(forbidden.map(|(_, to)| format!("{from} depends on {to}")));
    }
    assert_eq!(breaches(&members), expected);
}

#[test]
fn a_core_with_a_clock_or_randomness_is_a_breach() {
    let members = [member(
        "election-core",
        "crates/core",
        &["serde", "tokio", "getrandom", "uuid+std+v4"],
    )];
    assert_eq!(
        breaches(&members),
        [
            "crates/core depends on tokio, which isn't pure",
            "crates/core depends on getrandom, which isn't pure",
            "crates/core depends on uuid with v4, which isn't pure",
        ]
    );
}

#[test]
fn a_crate_in_a_place_that_the_design_does_not_know_is_a_breach() {
    let members = [
        member("election-common", "crates/common", &[]),
        member("election-service", "crates/service", &["election-common"]),
    ];
    assert_eq!(
        breaches(&members),
        [
            "crates/common has no role in the design",
            "crates/service depends on crates/common"
        ]
    );
}

#[test]
fn the_aws_sdk_is_found_behind_other_crates() {
    let edges = [
        ("election", &["election-sqlite", "adapter"][..]),
        ("adapter", &["aws-config", "election"]),
        ("aws-config", &["aws-sdk-sts"]),
        ("elsewhere", &["aws-sdk-kms"]),
    ]
    .into_iter()
    .map(|(name, others)| {
        (
            name.to_owned(),
            others.iter().map(|&other| other.to_owned()).collect(),
        )
    })
    .collect();
    assert_eq!(
        aws_sdk_behind(&edges, "election"),
        BTreeSet::from(["aws-config", "aws-sdk-sts"])
    );
}
