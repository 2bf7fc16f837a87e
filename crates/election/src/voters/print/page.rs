//! Owns what is where on a letter: US Letter, folded in three for a #10 window envelope. Wherever the sheet slides,
//! the window shows the addressee and nothing else; the voter id is below the fold.

use std::collections::HashMap;

use anyhow::Context;
use election_core::definition::{Definition, Jurisdiction, Language, Text};
use election_core::identifiers::JurisdictionId;
use qrcodegen::{QrCode, QrCodeEcc};

use super::font::Fonts;
use super::layout::{Area, Drawing, Misfit, Paragraph};
use super::rows::Letter;
use super::website::Website;
use super::words::Words;
use crate::failure::Failure;

/// Above all that the window may show, which begins 2.04 inches below the top.
const HEADER: Area = Area {
    x: 63.0,
    y: 42.0,
    width: 486.0,
    height: 98.0,
};

/// What the window shows in each position of the sheet. The window is 4.5 by 1.125 inches, 0.875 from the
/// envelope's left and 0.5 from its bottom; the envelope is 1 inch wider than the sheet and 0.46 higher than its third.
const WINDOW: Area = Area {
    x: 64.0,
    y: 180.5,
    width: 250.0,
    height: 47.0,
};

const FOLDS: [f32; 2] = [264.0, 528.0];

/// Around the voter id and its code.
const FRAME: Area = Area {
    x: 63.0,
    y: 284.0,
    width: 486.0,
    height: 132.0,
};
const LABEL: Area = Area {
    x: 79.0,
    y: 300.0,
    width: 330.0,
    height: 32.0,
};
const VOTER_ID: Area = Area {
    x: 79.0,
    y: 333.0,
    width: 330.0,
    height: 36.0,
};
const ADDRESS: Area = Area {
    x: 79.0,
    y: 380.0,
    width: 330.0,
    height: 20.0,
};

/// The code keeps the four white modules around it that readers need.
const CODE: Area = Area {
    x: 431.0,
    y: 300.0,
    width: 100.0,
    height: 100.0,
};

const INSTRUCTIONS: Area = Area {
    x: 63.0,
    y: 438.0,
    width: 486.0,
    height: 312.0,
};
const BETWEEN_COLUMNS: f32 = 24.0;

/// What all letters of an election share.
pub(super) struct Stationery<'a> {
    fonts: Fonts,
    definition: &'a Definition,
    website: &'a Website,
    /// Those of the election's languages that the fonts can print.
    languages: Vec<&'a Language>,
    forms: HashMap<JurisdictionId, Vec<u8>>,
}

/// One letter's own part.
pub(super) struct Page {
    pub(super) content: Vec<u8>,
    /// Why the letter isn't addressed.
    pub(super) problem: Option<&'static str>,
}

impl<'a> Stationery<'a> {
    /// Lays out the parts that are the same on many letters.
    pub(super) fn new(definition: &'a Definition, website: &'a Website) -> Result<Self, Failure> {
        let fonts = Fonts::load()?;
        let names = || definition.jurisdictions().iter().map(Jurisdiction::name);
        let (languages, others): (Vec<_>, Vec<_>) = definition.languages().iter().partition(|language| {
            let mut texts = names().chain([definition.title()]);
            texts.all(|text| fonts.bold.glyphs(text.in_language(language)).is_some())
        });
        let alphabets = "the letters' fonts have Latin, Greek and Cyrillic letters only";
        if languages.is_empty() {
            return Err(Failure::No(format!(
                "the letters can't be printed in any of the election's languages: {alphabets}"
            )));
        }
        for language in others {
            tracing::warn!("the letters are without {language}: {alphabets}");
        }
        let mut stationery = Self {
            fonts,
            definition,
            website,
            languages,
            forms: HashMap::new(),
        };
        for jurisdiction in definition.jurisdictions() {
            let form = stationery.form_of(jurisdiction)?;
            stationery.forms.insert(jurisdiction.id().clone(), form);
        }
        Ok(stationery)
    }

    /// The fonts that the letters are printed with.
    pub(super) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// The election's title and its language.
    pub(super) fn title(&self) -> (&str, &str) {
        let language = self.languages[0];
        (self.definition.title().in_language(language), language.as_str())
    }

    /// What all letters of a jurisdiction share.
    pub(super) fn form(&self, jurisdiction: &JurisdictionId) -> anyhow::Result<&[u8]> {
        let form = self.forms.get(jurisdiction).map(Vec::as_slice);
        form.context("the jurisdiction isn't the definition's")
    }

    fn form_of(&self, jurisdiction: &Jurisdiction) -> Result<Vec<u8>, Failure> {
        let mut drawing = Drawing::new();
        let unfit = |what: &'static str| {
            move |misfit| match misfit {
                Misfit::Length => Failure::No(format!(
                    "too long for a letter: {what} of jurisdiction {}",
                    jurisdiction.id()
                )),
                Misfit::Character => {
                    Failure::Internal(anyhow::anyhow!("{what}: the letters' fonts lack a character"))
                }
            }
        };
        drawing
            .text(&self.header(jurisdiction), HEADER)
            .map_err(unfit("the titles and names"))?;
        for fold in FOLDS {
            drawing.fold(fold);
        }
        drawing.outline(FRAME);
        let words = self.words();
        let labels: Vec<&str> = words.iter().map(|(words, _)| words.your_voter_id).collect();
        let label = Paragraph::new(&self.fonts.bold, 12.0, labels.join(" · "));
        drawing.text(&[label], LABEL).map_err(unfit("the label"))?;
        let address = Paragraph::new(&self.fonts.bold, 12.0, self.website.as_str());
        drawing.text(&[address], ADDRESS).map_err(|_| {
            Failure::Usage(format!(
                "--website {} is too long to be typed",
                self.website.as_str()
            ))
        })?;
        let columns = words.len() as f32;
        let width = (INSTRUCTIONS.width - BETWEEN_COLUMNS * (columns - 1.0)) / columns;
        let mut area = Area {
            width,
            ..INSTRUCTIONS
        };
        for (words, language) in words {
            let name = jurisdiction.name().in_language(language);
            drawing
                .text(&self.instructions(words, name), area)
                .map_err(unfit("the instructions"))?;
            area.x += width + BETWEEN_COLUMNS;
        }
        Ok(drawing.finish())
    }

    /// The texts of each language that there are any in, with the first language that reads them.
    fn words(&self) -> Vec<(&'static Words, &'a Language)> {
        let mut all: Vec<(&'static Words, &'a Language)> = Vec::new();
        for language in self.languages.iter().copied() {
            let words = Words::of(language);
            if !all.iter().any(|(other, _)| std::ptr::eq(*other, words)) {
                all.push((words, language));
            }
        }
        all
    }

    fn header(&self, jurisdiction: &Jurisdiction) -> Vec<Paragraph<'_>> {
        let mut titles = self.translations(self.definition.title()).into_iter();
        let first = titles.next().unwrap_or_default();
        let mut paragraphs = vec![Paragraph::new(&self.fonts.bold, 17.0, first)];
        paragraphs.extend(titles.map(|title| Paragraph::new(&self.fonts.bold, 13.0, title)));
        let names = self.translations(jurisdiction.name()).join(" · ");
        let mut names = Paragraph::new(&self.fonts.regular, 12.0, names);
        names.before = 5.0;
        paragraphs.push(names);
        paragraphs
    }

    /// A text in all languages, each wording once.
    fn translations<'t>(&self, text: &'t Text) -> Vec<&'t str> {
        let mut all = Vec::new();
        for language in &self.languages {
            let translation = text.in_language(language);
            if !all.contains(&translation) {
                all.push(translation);
            }
        }
        all
    }

    fn instructions(&self, words: &Words, jurisdiction: &str) -> Vec<Paragraph<'_>> {
        let Fonts { regular, bold } = &self.fonts;
        let (opens_at, closes_at) = self.definition.written_times();
        let mut paragraphs = vec![Paragraph::new(bold, 13.0, words.how_to_vote)];
        for (what, at) in [(words.opens, opens_at), (words.closes, closes_at)] {
            paragraphs.push(Paragraph::new(
                regular,
                10.5,
                format!("{what}: {}", words.date(at)),
            ));
        }
        for (number, step) in words.steps.iter().enumerate() {
            let step = step
                .replace("{website}", self.website.as_str())
                .replace("{jurisdiction}", jurisdiction);
            let mut step = Paragraph::new(regular, 10.5, step);
            step.marker = Some(format!("{}.", number + 1));
            paragraphs.push(step);
        }
        let mut secret = Paragraph::new(bold, 13.0, words.secret);
        secret.before = 10.0;
        paragraphs.push(secret);
        paragraphs.extend(
            words
                .secret_reasons
                .map(|reason| Paragraph::new(regular, 10.5, reason)),
        );
        paragraphs
    }

    /// Lays out what is one letter's own.
    pub(super) fn page(&self, letter: &Letter) -> anyhow::Result<Page> {
        let mut drawing = Drawing::new();
        let problem = self.addressee(&mut drawing, letter)?;
        let voter_id = Paragraph::new(&self.fonts.bold, 28.0, letter.voter_id.printed());
        drawing
            .text(&[voter_id], VOTER_ID)
            .map_err(|_| anyhow::anyhow!("a voter id doesn't fit"))?;
        let code = QrCode::encode_text(&self.website.link(&letter.voter_id), QrCodeEcc::Medium);
        let code = code.map_err(|_| anyhow::anyhow!("a link is too long for a QR code"))?;
        drawing.modules(CODE, code.size(), |column, row| code.get_module(column, row));
        Ok(Page {
            content: drawing.finish(),
            problem,
        })
    }

    /// Puts the addressee into the window, or where to find who it is; then tells why.
    fn addressee(&self, drawing: &mut Drawing, letter: &Letter) -> anyhow::Result<Option<&'static str>> {
        let font = &self.fonts.regular;
        let lines = |lines: &[&str]| -> Vec<Paragraph<'_>> {
            let lines = lines.iter().filter(|line| !line.trim().is_empty());
            lines
                .map(|line| Paragraph {
                    before: 0.0,
                    ..Paragraph::new(font, 11.0, *line)
                })
                .collect()
        };
        let (street, rest) = letter.address.split_once(',').unwrap_or((&letter.address, ""));
        let problem = match drawing.text(&lines(&[&letter.name, street, rest]), WINDOW) {
            Ok(()) => return Ok(None),
            Err(Misfit::Length) => "name and address are too long for the window",
            Err(Misfit::Character) if font.glyphs(&letter.name).is_none() => {
                "the name has characters that the letters' font doesn't have"
            }
            Err(Misfit::Character) => "the address has characters that the letters' font doesn't have",
        };
        let line = format!("Line {} of the letters file", letter.line);
        let written = drawing.text(&lines(&[&line]), WINDOW);
        written.map_err(|_| anyhow::anyhow!("a line's number doesn't fit"))?;
        Ok(Some(problem))
    }
}
