//! Owns how texts are set: broken into lines between words, and in the largest size that fits its place. Places are
//! in points (1/72 inch), from the top left corner of the page.

use pdf_writer::{Content, Str};

use super::font::{Font, Glyphs};

/// US Letter.
pub(super) const PAGE_WIDTH: f32 = 612.0;
pub(super) const PAGE_HEIGHT: f32 = 792.0;

const LINE_HEIGHT: f32 = 1.25;
const BASELINE: f32 = 0.98;
const MARKER_WIDTH: f32 = 1.6;
const SMALLEST_SCALE: f32 = 0.64;
const SCALE_STEP: f32 = 0.04;

/// A paragraph.
pub(super) struct Paragraph<'a> {
    pub(super) font: &'a Font,
    pub(super) size: f32,
    /// The space before it.
    pub(super) before: f32,
    /// Stands before its first line; the others are indented as far.
    pub(super) marker: Option<String>,
    pub(super) text: String,
}

impl<'a> Paragraph<'a> {
    pub(super) fn new(font: &'a Font, size: f32, text: impl Into<String>) -> Self {
        Self {
            font,
            size,
            before: 3.0,
            marker: None,
            text: text.into(),
        }
    }
}

/// Where a text goes.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Why a text can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A character isn't in the font.
    Character,
    /// It doesn't fit its place in any size that can be read.
    Length,
}

struct Line<'a> {
    font: &'a Font,
    size: f32,
    x: f32,
    y: f32,
    glyphs: Glyphs,
}

/// What is drawn on a page.
pub(super) struct Drawing(Content);

impl Drawing {
    pub(super) fn new() -> Self {
        Self(Content::new())
    }

    /// Sets paragraphs one below the other.
    pub(super) fn text(&mut self, paragraphs: &[Paragraph<'_>], area: Area) -> Result<(), Misfit> {
        let mut scale = 1.0;
        let lines = loop {
            match set(paragraphs, area, scale) {
                Err(Misfit::Length) if scale > SMALLEST_SCALE => scale -= SCALE_STEP,
                lines => break lines?,
            }
        };
        self.0.begin_text();
        for line in &lines {
            self.0.set_font(line.font.resource(), line.size);
            self.0
                .set_text_matrix([1.0, 0.0, 0.0, 1.0, line.x, PAGE_HEIGHT - line.y]);
            self.0.show(Str(&line.glyphs.codes));
        }
        self.0.end_text();
        Ok(())
    }

    /// Draws the outline of an area.
    pub(super) fn outline(&mut self, area: Area) {
        self.0.set_line_width(0.75);
        self.0.rect(
            area.x,
            PAGE_HEIGHT - area.y - area.height,
            area.width,
            area.height,
        );
        self.0.stroke();
    }

    /// Draws a short line at the left edge, to fold at.
    pub(super) fn fold(&mut self, y: f32) {
        self.0.set_line_width(0.5);
        self.0.move_to(14.0, PAGE_HEIGHT - y);
        self.0.line_to(26.0, PAGE_HEIGHT - y);
        self.0.stroke();
    }

    /// Draws a square of `size` by `size` modules that are dark where `is_dark` (column, row) says so.
    pub(super) fn modules(&mut self, area: Area, size: i32, is_dark: impl Fn(i32, i32) -> bool) {
        let module = area.width / size as f32;
        self.0.save_state();
        self.0
            .transform([module, 0.0, 0.0, -module, area.x, PAGE_HEIGHT - area.y]);
        for row in 0..size {
            let mut column = 0;
            while column < size {
                let run = (column..size).take_while(|&column| is_dark(column, row)).count() as i32;
                if run > 0 {
                    self.0.rect(column as f32, row as f32, run as f32, 1.0);
                }
                column += run.max(1);
            }
        }
        self.0.fill_nonzero();
        self.0.restore_state();
    }

    /// The drawing as a page's content.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.finish().into_vec()
    }
}

fn set<'a>(paragraphs: &[Paragraph<'a>], area: Area, scale: f32) -> Result<Vec<Line<'a>>, Misfit> {
    let mut lines = Vec::new();
    let mut below = area.y;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        let (font, size) = (paragraph.font, paragraph.size * scale);
        if number > 0 {
            below += paragraph.before * scale;
        }
        let line = |x, below, glyphs| Line {
            font,
            size,
            x,
            y: below + BASELINE * size,
            glyphs,
        };
        let mut indent = 0.0;
        if let Some(marker) = &paragraph.marker {
            lines.push(line(area.x, below, font.glyphs(marker).ok_or(Misfit::Character)?));
            indent = MARKER_WIDTH * size;
        }
        for glyphs in broken(font, &paragraph.text, (area.width - indent) / size)? {
            lines.push(line(area.x + indent, below, glyphs));
            below += LINE_HEIGHT * size;
        }
    }
    if below <= area.y + area.height {
        Ok(lines)
    } else {
        Err(Misfit::Length)
    }
}

/// A text in lines of at most `width`, at a size of 1.
fn broken(font: &Font, text: &str, width: f32) -> Result<Vec<Glyphs>, Misfit> {
    let space = font.glyphs(" ").ok_or(Misfit::Character)?;
    let mut lines: Vec<Glyphs> = Vec::new();
    for word in text.split_whitespace() {
        let word = font.glyphs(word).ok_or(Misfit::Character)?;
        if word.width > width {
            return Err(Misfit::Length);
        }
        match lines.last_mut() {
            Some(line) if line.width + space.width + word.width <= width => {
                line.codes.extend_from_slice(&space.codes);
                line.codes.extend_from_slice(&word.codes);
                line.width += space.width + word.width;
            }
            _ => lines.push(word),
        }
    }
    Ok(lines)
}
