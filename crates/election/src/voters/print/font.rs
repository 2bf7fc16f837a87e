//! Owns the two fonts of the letters: which characters they can print, how wide a text is, and how they are put
//! into the PDF. crates/election/fonts says what is in them: nothing that changes the direction of writing, joins
//! or stacks, so a text that has a glyph for each character is printed right, glyph after glyph.

use anyhow::Context;
use icu_normalizer::ComposingNormalizerBorrowed;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Str};
use ttf_parser::Face;

use super::document::{compressed, object};

static REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../fonts/NotoSans-Bold.ttf");

/// The characters' codes are the font's own glyph numbers.
const GLYPHS: SystemInfo<'_> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// The fonts of a letter.
pub(super) struct Fonts {
    pub(super) regular: Font,
    pub(super) bold: Font,
}

impl Fonts {
    /// Reads them out of the program.
    pub(super) fn load() -> anyhow::Result<Self> {
        let font = |name, bytes| {
            let face = Face::parse(bytes, 0).context("a font of the letters")?;
            anyhow::Ok(Font { name, bytes, face })
        };
        Ok(Self {
            regular: font("NotoSans-Regular", REGULAR)?,
            bold: font("NotoSans-Bold", BOLD)?,
        })
    }

    /// Both, with the names that contents use.
    pub(super) fn named(&self) -> [(Name<'static>, &Font); 2] {
        [&self.regular, &self.bold].map(|font| (font.resource(), font))
    }
}

/// A font.
pub(super) struct Font {
    name: &'static str,
    bytes: &'static [u8],
    face: Face<'static>,
}

/// A text as glyphs.
pub(super) struct Glyphs {
    /// Two bytes for each glyph, as a PDF shows them.
    pub(super) codes: Vec<u8>,
    /// At a size of 1.
    pub(super) width: f32,
}

impl Font {
    /// What contents call it.
    pub(super) fn resource(&self) -> Name<'static> {
        Name(if self.name.ends_with("Bold") { b"B" } else { b"R" })
    }

    /// The glyphs of a text; `None` if it has a character that the font hasn't.
    pub(super) fn glyphs(&self, text: &str) -> Option<Glyphs> {
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        let (mut codes, mut units) = (Vec::with_capacity(2 * text.len()), 0);
        for character in text.chars() {
            let glyph = self.face.glyph_index(character)?;
            codes.extend_from_slice(&glyph.0.to_be_bytes());
            units += u32::from(self.face.glyph_hor_advance(glyph)?);
        }
        let width = units as f32 / f32::from(self.face.units_per_em());
        Some(Glyphs { codes, width })
    }

    /// Its objects for a PDF; the first is the font.
    pub(super) fn objects(&self, mut reserve: impl FnMut() -> Ref) -> (Ref, Vec<Chunk>) {
        let [font, cid_font, descriptor, file, to_unicode] = std::array::from_fn(|_| reserve());
        let name = Name(self.name.as_bytes());
        let per_em = 1000.0 / f32::from(self.face.units_per_em());
        let bounds = self.face.global_bounding_box();
        let bounds =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|side| f32::from(side) * per_em);
        let ascent = f32::from(self.face.ascender()) * per_em;
        let widths = (0..self.face.number_of_glyphs()).map(|glyph| {
            let advance = self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph));
            f32::from(advance.unwrap_or(0)) * per_em
        });
        let font_object = object(|chunk| {
            chunk
                .type0_font(font)
                .base_font(name)
                .encoding_predefined(Name(b"Identity-H"))
                .descendant_font(cid_font)
                .to_unicode(to_unicode);
        });
        let cid_font_object = object(|chunk| {
            let mut object = chunk.cid_font(cid_font);
            object
                .subtype(CidFontType::Type2)
                .base_font(name)
                .system_info(GLYPHS)
                .font_descriptor(descriptor)
                .cid_to_gid_map_predefined(Name(b"Identity"));
            object.widths().consecutive(0, widths);
        });
        let descriptor_object = object(|chunk| {
            chunk
                .font_descriptor(descriptor)
                .name(name)
                .flags(FontFlags::NON_SYMBOLIC)
                .bbox(Rect::new(bounds[0], bounds[1], bounds[2], bounds[3]))
                .italic_angle(0.0)
                .ascent(ascent)
                .descent(f32::from(self.face.descender()) * per_em)
                .cap_height(
                    self.face
                        .capital_height()
                        .map_or(ascent, |height| f32::from(height) * per_em),
                )
                .stem_v(f32::from(self.face.weight().to_number()) / 5.0)
                .font_file2(file);
        });
        let file_object = object(|chunk| {
            let bytes = compressed(self.bytes);
            let mut stream = chunk.stream(file, &bytes);
            stream.filter(Filter::FlateDecode);
            stream.pair(
                Name(b"Length1"),
                i32::try_from(self.bytes.len()).unwrap_or(i32::MAX),
            );
            stream.finish();
        });
        let to_unicode_object = object(|chunk| {
            let bytes = compressed(&self.to_unicode());
            chunk.stream(to_unicode, &bytes).filter(Filter::FlateDecode);
        });
        let objects = vec![
            font_object,
            cid_font_object,
            descriptor_object,
            file_object,
            to_unicode_object,
        ];
        (font, objects)
    }

    /// What each glyph says, for those who search or copy the letters' text.
    fn to_unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::<u16>::new(Name(b"Glyphs"), GLYPHS);
        let tables = self
            .face
            .tables()
            .cmap
            .into_iter()
            .flat_map(|cmap| cmap.subtables);
        let mut told = vec![false; usize::from(self.face.number_of_glyphs())];
        for table in tables.filter(ttf_parser::cmap::Subtable::is_unicode) {
            table.codepoints(|codepoint| {
                let character = char::from_u32(codepoint);
                let glyph = character.and_then(|character| self.face.glyph_index(character));
                if let (Some(character), Some(glyph)) = (character, glyph)
                    && !std::mem::replace(&mut told[usize::from(glyph.0)], true)
                {
                    map.pair(glyph.0, character);
                }
            });
        }
        map.finish().into_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_latin_greek_and_cyrillic_scripts_have_glyphs_however_they_are_composed() {
        let fonts = Fonts::load().unwrap();
        for (_, font) in fonts.named() {
            for name in [
                "José",
                "Jose\u{301}",
                "Łukasz Żółć",
                "Nguyễn Thị Minh Khai",
                "Őrsi",
                "Ελένη",
                "Юлія Ґудзь",
                "O’Brien",
            ] {
                assert!(font.glyphs(name).is_some(), "{name}");
            }
            let [composed, decomposed] = ["José", "Jose\u{301}"].map(|name| font.glyphs(name).unwrap());
            assert_eq!(composed.codes, decomposed.codes);
            assert_eq!(composed.codes.len(), 8);
        }
    }

    #[test]
    fn what_glyph_after_glyph_would_print_wrong_has_none() {
        let fonts = Fonts::load().unwrap();
        for (_, font) in fonts.named() {
            for text in [
                "محمد",
                "שרה",
                "李娜",
                "김",
                "สมชาย",
                "हिन्दी",
                "😀",
                "x\u{323}\u{302}\u{301}",
                "\u{202e}abc",
                "a\u{200d}b",
                "a\u{ad}b",
                "\u{feff}",
                "\t",
            ] {
                assert!(font.glyphs(text).is_none(), "{text:?}");
            }
        }
    }
}
