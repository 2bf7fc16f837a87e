//! Owns the reading of printed letters: what stands where on a page, and what its code says.

use std::collections::HashMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object};

use crate::support::Election;

/// In points from the top left corner of the sheet.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) text: String,
}

/// A page as a reader of the sheet has it.
pub(crate) struct Page {
    pub(crate) shown: Vec<Shown>,
    /// The code's left and upper end.
    pub(crate) code_corner: (f32, f32),
    pub(crate) link: String,
}

impl Page {
    /// All lines, in the order of their places.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<&str> = self.shown.iter().map(|shown| shown.text.as_str()).collect();
        lines.join("\n")
    }

    /// The lines that a #10 envelope's window shows if the sheet lies somewhere in it.
    pub(crate) fn window(&self) -> Vec<&str> {
        let seen = self
            .shown
            .iter()
            .filter(|shown| shown.x < 387.0 && (147.0..=262.0).contains(&shown.y));
        seen.map(|shown| shown.text.as_str()).collect()
    }
}

fn number(object: &Object) -> f32 {
    object.as_float().unwrap()
}

fn dictionary<'a>(pdf: &'a Document, object: &'a Object) -> &'a Dictionary {
    pdf.dereference(object).unwrap().1.as_dict().unwrap()
}

/// What each font's glyphs say.
fn glyphs(pdf: &Document, fonts: &Dictionary) -> HashMap<Vec<u8>, HashMap<[u8; 2], char>> {
    let maps = fonts.iter().map(|(name, font)| {
        let map = dictionary(pdf, font).get(b"ToUnicode").unwrap();
        let map = pdf
            .dereference(map)
            .unwrap()
            .1
            .as_stream()
            .unwrap()
            .decompressed_content()
            .unwrap();
        let map = String::from_utf8(map).unwrap();
        let pairs = map
            .lines()
            .filter_map(|line| line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <"));
        let hex = |text: &str| u16::from_str_radix(text, 16).unwrap();
        let pairs = pairs
            .filter(|(_, character)| character.len() == 4)
            .map(|(glyph, character)| {
                (
                    hex(glyph).to_be_bytes(),
                    char::from_u32(hex(character).into()).unwrap(),
                )
            });
        (name.clone(), pairs.collect())
    });
    maps.collect()
}

/// The pages of a PDF.
pub(crate) fn pages(election: &Election) -> Vec<Page> {
    let pdf = Document::load(election.path("letters.pdf")).unwrap();
    let catalog = pdf.catalog().unwrap();
    let root = dictionary(&pdf, catalog.get(b"Pages").unwrap());
    let resources = dictionary(&pdf, root.get(b"Resources").unwrap());
    let glyphs = glyphs(&pdf, dictionary(&pdf, resources.get(b"Font").unwrap()));
    let forms = dictionary(&pdf, resources.get(b"XObject").unwrap());
    let pages = pdf.get_pages();
    assert_eq!(root.get(b"Count").unwrap().as_i64().unwrap(), pages.len() as i64);
    let read = |page| {
        let content = pdf.get_page_content(page);
        let mut operations = Content::decode(&content).unwrap().operations;
        assert_eq!(operations[0].operator, "Do");
        let form = forms.get(operations[0].operands[0].as_name().unwrap()).unwrap();
        let form = pdf.dereference(form).unwrap().1.as_stream().unwrap();
        operations.extend(
            Content::decode(&form.decompressed_content().unwrap())
                .unwrap()
                .operations,
        );
        read_page(&operations, &glyphs)
    };
    pages.into_values().map(read).collect()
}

fn read_page(
    operations: &[lopdf::content::Operation],
    glyphs: &HashMap<Vec<u8>, HashMap<[u8; 2], char>>,
) -> Page {
    let (mut shown, mut font, mut at) = (Vec::new(), None, (0.0, 0.0));
    let (mut in_code, mut code_corner) = (false, (0.0, 0.0));
    let mut modules: Vec<[f32; 4]> = Vec::new();
    for operation in operations {
        let operands = &operation.operands;
        let place = || (number(&operands[4]), 792.0 - number(&operands[5]));
        match operation.operator.as_str() {
            "Tf" => font = glyphs.get(operands[0].as_name().unwrap()),
            "Tm" => at = place(),
            "Tj" => {
                let codes = operands[0].as_str().unwrap().chunks_exact(2);
                let text = codes.map(|code| font.unwrap()[&[code[0], code[1]]]).collect();
                shown.push(Shown {
                    x: at.0,
                    y: at.1,
                    text,
                });
            }
            // The code alone has units of its own.
            "cm" => (in_code, code_corner) = (true, place()),
            "re" if in_code => modules.push(std::array::from_fn(|place| number(&operands[place]))),
            "Q" => in_code = false,
            _ => {}
        }
    }
    Page {
        shown,
        code_corner,
        link: decoded(&modules),
    }
}

/// What a QR code says.
fn decoded(modules: &[[f32; 4]]) -> String {
    let size = modules
        .iter()
        .map(|[x, _, width, _]| x + width)
        .fold(0.0, f32::max) as usize;
    let grid = rqrr::SimpleGrid::from_func(size, |column, row| {
        let (column, row) = (column as f32, row as f32);
        modules
            .iter()
            .any(|[x, y, width, _]| *y == row && (*x..x + width).contains(&column))
    });
    rqrr::Grid::new(grid).decode().unwrap().1
}
