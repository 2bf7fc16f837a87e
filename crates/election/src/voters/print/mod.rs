//! Owns `election voters letters`: a letter to print and to mail for each voter, out of the letters file. It needs
//! neither the store nor its keys. A voter id is only ever in the letters: errors and logs have lines' numbers.

mod document;
mod draft;
mod font;
mod layout;
mod page;
mod rows;
mod website;
mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use election_core::definition::Definition;

use self::document::Document;
use self::draft::Draft;
use self::page::Stationery;
use self::rows::LettersToPrint;
use self::website::Website;
use crate::failure::Failure;
use crate::progress::Bar;

#[derive(Args)]
pub(crate) struct Arguments {
    /// CSV: voter_id,external_id,name,address,jurisdiction; as `voters import` writes it
    #[arg(long, value_name = "FILE")]
    letters: PathBuf,
    /// The definition (TOML) of the letters' election
    #[arg(long, value_name = "FILE")]
    definition: PathBuf,
    /// The PDF to write (mode 0600), a page for each voter
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where voters vote, as https://vote.example.org; the default is for trials on this machine
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = Website::parse)]
    website: Website,
}

/// Writes the letters.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments {
        letters,
        definition,
        out,
        website,
    } = arguments;
    refuse_to_replace(out, [letters, definition])?;
    let (definition, _) = crate::definition::read(definition)?;
    let letters = LettersToPrint::read(letters, &definition)?;
    let stationery = Stationery::new(&definition, website)?;
    website.warn();
    let draft = Draft::create(out)?;
    let incomplete = write(&draft, &definition, &letters, &stationery)
        .with_context(|| format!("{} can't be written", out.display()))?;
    draft.publish()?;
    match incomplete {
        0 => Ok(()),
        incomplete => Err(Failure::No(format!(
            "{}: {incomplete} of {} letters aren't addressed, as told above: their windows show a line of the letters \
             file. Address these by hand",
            out.display(),
            letters.count()
        ))),
    }
}

/// Writes all pages; gives how many aren't addressed in full.
fn write(
    draft: &Draft,
    definition: &Definition,
    letters: &LettersToPrint,
    stationery: &Stationery<'_>,
) -> anyhow::Result<u64> {
    let mut document = Document::begin(draft.writer())?;
    let mut forms = HashMap::new();
    let mut incomplete = 0;
    let bar = Bar::new("Writing letters");
    for (number, letter) in letters.iter(definition).enumerate() {
        let form = match forms.get(&letter.jurisdiction) {
            Some(form) => *form,
            None => {
                let form = document.form(stationery.form(&letter.jurisdiction)?)?;
                forms.insert(letter.jurisdiction.clone(), form);
                form
            }
        };
        let page = stationery.page(&letter)?;
        if let Some(problem) = page.problem {
            tracing::warn!(line = letter.line, "a letter isn't addressed: {problem}");
            incomplete += 1;
        }
        document.page(form, &page.content)?;
        if number % 100 == 0 {
            bar.set(number as u64, Some(letters.count()));
        }
    }
    document.finish(stationery.fonts(), stationery.title())?;
    Ok(incomplete)
}

/// The letters file can't be had again: a slip must not put the PDF in its place.
fn refuse_to_replace(out: &Path, inputs: [&PathBuf; 2]) -> Result<(), Failure> {
    let Ok(real) = out.canonicalize() else {
        return Ok(());
    };
    if inputs
        .iter()
        .any(|input| input.canonicalize().is_ok_and(|input| input == real))
    {
        return Err(Failure::Usage(format!(
            "{}: --out would replace what the letters are made of",
            out.display()
        )));
    }
    Ok(())
}
