//! The printed letters: what is on each page and where, what the code says, whom they leave out, and what is refused.
//! Over 400 lines: one command, and tables of all that it refuses.

mod sheet;

use std::os::unix::fs::PermissionsExt;

use self::sheet::pages;
use crate::support::{Election, Ran, TWO_TOWNS, Voter};

const WEBSITE: &str = "https://vote.example.org";
const ARGUMENTS: [&str; 8] = [
    "voters",
    "letters",
    "--letters",
    "letters.csv",
    "--definition",
    "definition.toml",
    "--out",
    "letters.pdf",
];

fn print(election: &Election, more: &[&str]) -> Ran {
    election.run(ARGUMENTS.into_iter().chain(more.iter().copied()))
}

/// An election with these lines in its letters file, and nothing else.
fn with_letters(lines: &str) -> Election {
    let election = Election::none();
    election.write("definition.toml", TWO_TOWNS);
    write_letters(
        &election,
        &format!("voter_id,external_id,name,address,jurisdiction\n{lines}"),
    );
    election
}

fn write_letters(election: &Election, content: &str) {
    election.write("letters.csv", content);
    std::fs::set_permissions(election.path("letters.csv"), PermissionsExt::from_mode(0o600)).unwrap();
}

/// Fails the test unless nothing is left of letters that weren't printed.
#[track_caller]
fn assert_nothing_written(election: &Election) {
    let files = std::fs::read_dir(election.path("")).unwrap();
    let files: Vec<String> = files
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!files.iter().any(|file| file.contains("pdf")), "{files:?}");
}

#[test]
fn each_voter_has_a_page_with_the_id_the_link_and_what_to_do_in_all_languages() {
    let election = Election::new(TWO_TOWNS, &[("north", 2), ("south", 1)]);
    let ran = print(&election, &["--website", WEBSITE]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let mode = std::fs::metadata(election.path("letters.pdf"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o600);
    let (voters, pages) = (election.voters(), pages(&election));
    assert_eq!(pages.len(), 3);
    for (voter, page) in voters.iter().zip(&pages) {
        let text = page.text();
        assert_eq!(page.window(), [&voter.name, &voter.address]);
        assert_eq!(page.link, format!("{WEBSITE}/#{}", voter.id));
        let (town, pueblo) = match voter.jurisdiction.as_str() {
            "north" => ("Northtown", "Pueblo Norte"),
            _ => ("Southtown", "Pueblo Sur"),
        };
        for expected in [
            &voter.id,
            "Two towns",
            "Dos pueblos",
            &format!("{town} · {pueblo}"),
            "Your voter ID · Su identificación de votante",
            "How to vote",
            "Cómo votar",
            "Keep this letter secret",
            "Mantenga esta carta en secreto",
            &format!("{WEBSITE}/"),
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected}: {text}");
        }
        let words = text.replace('\n', " ");
        for expected in [
            "Voting opens: Tuesday, November 3, 2026, 8:00 a.m. (UTC–5)",
            "La votación termina: martes, 3 de noviembre de 2026, 8:00 p. m. (UTC–5)",
            &format!("the page shows {town}."),
            &format!("muestre {pueblo}."),
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
        let others = voters.iter().filter(|other| other.id != voter.id);
        assert!(!others.into_iter().any(|other| text.contains(&other.id)));
        let tells = |line: &str| line != voter.id && line.contains(&voter.external_id);
        assert!(
            !text.lines().any(tells),
            "the registrar's id is nobody else's business"
        );
    }
}

#[test]
fn whatever_the_sheet_slides_to_no_window_shows_the_id_or_its_code() {
    let id = Election::new(TWO_TOWNS, &[("north", 1)]).voters().remove(0).id;
    let address =
        "Apartment 1207, The Old Flour Mill on the Upper Canal, Northfield Under the Hill, ZZ 12345-6789";
    let name = "Maximiliana Wilhelmina Featherstonehaugh-Cholmondeley of Northfield and Southfield";
    let election = with_letters(&format!("{id},P-0,{name},\"{address}\",north\n"));
    print(&election, &["--website", WEBSITE]).exits(0);
    let page = pages(&election).remove(0);
    let shown = page.window().join(" ");
    assert_eq!(shown, format!("{name} {}", address.replacen("1207,", "1207", 1)));
    for line in page
        .shown
        .iter()
        .filter(|shown| page.window().contains(&shown.text.as_str()))
    {
        assert!(
            (63.0..=315.0).contains(&line.x) && (182.0..=228.0).contains(&line.y),
            "{line:?}"
        );
    }
    let id = page.shown.iter().find(|shown| shown.text == id).unwrap();
    // The first fold is 264 below the top.
    assert!(id.y > 290.0 && page.code_corner.1 > 290.0);
}

#[test]
fn names_are_printed_as_they_are_or_not_at_all() {
    let source = Election::new(TWO_TOWNS, &[("north", 9)]);
    let names = [
        "José Ñáñez",
        "Jose\u{301} Decomposed",
        "Łukasz Żółć",
        "Юлія Ґудзь",
        "Nguyễn Thị Hạnh",
        "محمد علي",
        "李娜",
        "Eve \u{202e}nhoJ",
        "Ann",
    ];
    let long = "Long Road ".repeat(40);
    let rows = source
        .voters()
        .into_iter()
        .zip(names)
        .map(|(Voter { id, external_id, .. }, name)| {
            let address = if name == "Ann" { long.trim() } else { "1 Elm St" };
            format!("{id},{external_id},{name},{address},north\n")
        });
    let election = with_letters(&rows.collect::<String>());
    let ran = print(&election, &["--website", WEBSITE]).exits(1);
    assert!(
        ran.stderr.contains("4 of 9 letters aren't addressed"),
        "{}",
        ran.stderr
    );
    let pages = pages(&election);
    let windows: Vec<String> = pages.iter().map(|page| page.window().join("|")).collect();
    let printed = [
        "José Ñáñez",
        "José Decomposed",
        "Łukasz Żółć",
        "Юлія Ґудзь",
        "Nguyễn Thị Hạnh",
    ];
    assert_eq!(windows[..5], printed.map(|name| format!("{name}|1 Elm St")));
    assert_eq!(
        windows[5..],
        ["7", "8", "9", "10"].map(|line| format!("Line {line} of the letters file"))
    );
    for (line, reason) in [
        ("line=7", "characters"),
        ("line=8", "characters"),
        ("line=9", "characters"),
        ("line=10", "too long"),
    ] {
        let told = ran
            .stderr
            .lines()
            .any(|told| told.contains(line) && told.contains(reason));
        assert!(told, "{line}: {}", ran.stderr);
    }
    for secret in ["محمد", "李娜", "nhoJ", "Long Road", "Ann", &source.voters()[6].id] {
        assert!(!ran.stderr.contains(secret), "{secret}: {}", ran.stderr);
    }
}

#[test]
fn a_reissued_letter_takes_the_place_of_the_revoked_one() {
    let election = Election::new(TWO_TOWNS, &[("north", 2)]);
    let revoked = election.voters().remove(0).id;
    election
        .run([
            "voters",
            "reissue",
            "--external-id",
            "P-0",
            "--letters",
            "letters.csv",
        ])
        .exits(0);
    print(&election, &["--website", WEBSITE]).exits(0);
    let (voters, pages) = (election.voters(), pages(&election));
    let links: Vec<&str> = pages.iter().map(|page| page.link.as_str()).collect();
    assert_eq!(
        links,
        [1, 2].map(|letter| format!("{WEBSITE}/#{}", voters[letter].id))
    );
    assert!(!pages.iter().any(|page| page.text().contains(&revoked)));
}

#[test]
fn many_letters_are_in_the_files_order_and_the_same_input_gives_the_same_bytes() {
    let election = Election::new(TWO_TOWNS, &[("north", 700), ("south", 501)]);
    print(&election, &["--website", WEBSITE]).exits(0);
    let bytes = std::fs::read(election.path("letters.pdf")).unwrap();
    let (voters, pages) = (election.voters(), pages(&election));
    assert_eq!(pages.len(), 1201);
    for (voter, page) in voters.iter().zip(&pages).step_by(50) {
        assert_eq!(page.window()[0], voter.name);
        assert!(page.link.ends_with(&voter.id));
    }
    print(&election, &["--website", WEBSITE]).exits(0);
    assert!(std::fs::read(election.path("letters.pdf")).unwrap() == bytes);
}

#[test]
fn wrong_lines_are_told_by_their_number_and_nothing_is_written() {
    let ids: Vec<String> = Election::new(TWO_TOWNS, &[("north", 3)]).ids("north");
    let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
    let last = a.chars().last().unwrap();
    let mistyped = format!("{}{}", &a[..16], if last == 'A' { 'B' } else { 'A' });
    let good = format!("{a},P-0,Ada,1 Elm St,north\n");
    for (lines, why) in [
        (
            format!("{good}{mistyped},P-1,Ben,2 Elm St,north\n"),
            "line 3: its voter id is mistyped",
        ),
        (
            format!("{good}{b},P-1,Ben,2 Elm St\n"),
            "line 3: it doesn't have the five columns",
        ),
        (
            format!("{good}{b},P-1,Ben,2 Elm St,ca\n"),
            "line 3: its jurisdiction",
        ),
        (
            format!("{good}{b},P-1,,2 Elm St,north\n"),
            "line 3: name, address",
        ),
        (
            format!("{good}{b},P-1,B\ten,2 Elm St,north\n"),
            "line 3: name, address",
        ),
        (
            format!("{good}\n\n{b},P-1,\"B\nen\",2 Elm St,north\n"),
            "line 5: name, address",
        ),
        (
            format!("{good}{a},P-1,Ben,2 Elm St,north\n"),
            "line 3: its voter id is on an earlier line",
        ),
        (format!("{good}{b},P-1,Ben,2 Elm"), "line 3 is cut off"),
        (
            format!("{good}{b},P-1,\"Ben,2 Elm St,north\n{c},P-2,Cleo,3 Elm St,north\n"),
            "line 3: it doesn't have",
        ),
        (String::new(), "no letter in it"),
    ] {
        let election = with_letters(&lines);
        let ran = print(&election, &["--website", WEBSITE]);
        for secret in [a.as_str(), b, c, &mistyped, "Ben", "P-1", "Elm"] {
            assert!(!ran.stderr.contains(secret), "{secret}: {}", ran.stderr);
        }
        ran.refuses(1, why);
        assert_nothing_written(&election);
    }
    let election = with_letters(&"nonsense\n".repeat(30));
    let ran = print(&election, &[]);
    assert_eq!(ran.stderr.matches("\n  line ").count(), 20, "{}", ran.stderr);
    ran.refuses(1, "and 10 more");
    let election = with_letters("");
    let mut bytes = std::fs::read(election.path("letters.csv")).unwrap();
    bytes.extend_from_slice(format!("{a},P-0,A\u{e9}a,1 Elm St,north\n").as_bytes());
    bytes.retain(|byte| *byte != 0xa9);
    std::fs::write(election.path("letters.csv"), bytes).unwrap();
    print(&election, &[]).refuses(1, "line 2: it isn't UTF-8");
}

#[test]
fn files_that_are_something_else_or_that_others_can_read_are_refused() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let letters = election.read("letters.csv");
    for content in [
        "",
        "something,else\n",
        "%PDF-1.7\n",
        &format!("\u{feff}{letters}"),
    ] {
        write_letters(&election, content);
        print(&election, &[]).refuses(1, "these aren't letters");
    }
    write_letters(&election, &letters);
    std::fs::set_permissions(election.path("letters.csv"), PermissionsExt::from_mode(0o640)).unwrap();
    print(&election, &[]).refuses(1, "chmod 600");
    write_letters(&election, &letters);
    election.write("definition.toml", "format = 1\n");
    print(&election, &[]).refuses(1, "definition.toml");
    for missing in ["definition.toml", "letters.csv"] {
        election.write("definition.toml", TWO_TOWNS);
        std::fs::remove_file(election.path(missing)).unwrap();
        print(&election, &[]).refuses(2, missing);
    }
    assert_nothing_written(&election);
}

#[test]
fn an_older_file_is_replaced_only_by_a_whole_one_and_never_what_the_letters_are_made_of() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let letters = election.read("letters.csv");
    election.write("letters.pdf", "older");
    write_letters(&election, &letters.replace("north", "east"));
    print(&election, &[]).refuses(1, "line 2");
    assert_eq!(election.read("letters.pdf"), "older");
    write_letters(&election, &letters);
    election.write(".letters.pdf.part", "");
    print(&election, &[]).refuses(1, ".letters.pdf.part");
    assert_eq!(election.read("letters.pdf"), "older");
    std::fs::remove_file(election.path(".letters.pdf.part")).unwrap();
    print(&election, &[]).exits(0);
    assert_eq!(pages(&election).len(), 1);
    assert!(!election.path(".letters.pdf.part").exists());
    let mode = std::fs::metadata(election.path("letters.pdf"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o600);

    for out in [
        "letters.csv",
        "./definition.toml",
        "data",
        "nowhere/letters.pdf",
        "..",
    ] {
        let mut arguments = ARGUMENTS;
        arguments[7] = out;
        election.run(arguments).refuses(2, out);
    }
    assert_eq!(election.read("letters.csv"), letters);
    assert_eq!(election.read("definition.toml"), TWO_TOWNS);
}

#[test]
fn languages_without_texts_read_english_and_ones_that_the_fonts_lack_are_left_out() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let with_languages = |languages: &[(&str, &str)]| {
        let translated = |english: &str| {
            let texts = languages
                .iter()
                .map(|(tag, prefix)| format!("{tag} = \"{prefix}{english}\""));
            format!("{{ {} }}", texts.collect::<Vec<_>>().join(", "))
        };
        let tags: Vec<String> = languages.iter().map(|(tag, _)| format!("\"{tag}\"")).collect();
        let definition = TWO_TOWNS
            .replace("[\"en\", \"es\"]", &format!("[{}]", tags.join(", ")))
            .lines()
            .map(|line| match line.split_once("{ en = \"") {
                Some((before, rest)) => {
                    let (english, after) = (rest.split('"').next().unwrap(), rest.split_once('}').unwrap().1);
                    format!("{before}{}{after}\n", translated(english))
                }
                None => format!("{line}\n"),
            })
            .collect::<String>();
        election.write("definition.toml", &definition);
    };
    with_languages(&[("fr", "Les "), ("pt-BR", "Os "), ("zh", "两个")]);
    let ran = print(&election, &["--website", WEBSITE]).exits(0);
    assert!(ran.stderr.contains("without zh"), "{}", ran.stderr);
    let text = pages(&election).remove(0).text();
    for expected in [
        "Les Two towns",
        "Os Two towns",
        "Les Northtown · Os Northtown",
        "How to vote",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected}: {text}");
    }
    assert_eq!(text.matches("How to vote").count(), 1);
    assert!(text.replace('\n', " ").contains("the page shows Les Northtown."));

    with_languages(&[("es-MX", "")]);
    print(&election, &["--website", WEBSITE]).exits(0);
    let text = pages(&election).remove(0).text();
    assert!(text.contains("Cómo votar") && !text.contains("How to vote"));

    std::fs::remove_file(election.path("letters.pdf")).unwrap();
    with_languages(&[("zh", "两个"), ("ar", "مدينتان")]);
    print(&election, &[]).refuses(1, "in any of the election's languages");
    let many: Vec<(String, String)> = (0..20)
        .map(|number| {
            (
                format!("xx-{number:02}"),
                format!("{number} {}", "Long ".repeat(35)),
            )
        })
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(tag, text)| (tag.as_str(), text.as_str()))
        .collect();
    with_languages(&many);
    print(&election, &[]).refuses(1, "too long");
    assert_nothing_written(&election);
}

#[test]
fn the_website_is_this_machine_unless_told_and_has_to_be_one_that_can_be_typed() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let id = election.voters().remove(0).id;
    let ran = print(&election, &[]).exits(0);
    assert!(ran.stderr.contains("only this machine"), "{}", ran.stderr);
    assert_eq!(
        pages(&election).remove(0).link,
        format!("http://127.0.0.1:8080/#{id}")
    );
    let ran = print(&election, &["--website", "http://vote.example.org/club"]).exits(0);
    assert!(ran.stderr.contains("without https"), "{}", ran.stderr);
    assert_eq!(
        pages(&election).remove(0).link,
        format!("http://vote.example.org/club/#{id}")
    );
    std::fs::remove_file(election.path("letters.pdf")).unwrap();
    let long = format!("https://{}.example.org", "vote-here.".repeat(12));
    for (website, why) in [
        ("vote.example.org", "--website"),
        ("https://vote.example.org/?a", "only host"),
        (&long, "too long"),
    ] {
        print(&election, &["--website", website]).refuses(2, why);
    }
    assert_nothing_written(&election);
}
