//! Owns the PDF as a file: objects written one after the other as pages come, so that memory holds only where each
//! of them begins. What is on a page is the [`super::page`]'s.

use std::io::Write;

use anyhow::Context;
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Settings, TextStr};

use super::font::Fonts;
use super::layout::{PAGE_HEIGHT, PAGE_WIDTH};

/// The tree of pages has two levels; so many pages are under a node of the second.
const PAGES_PER_NODE: usize = 500;

/// Little is gained beyond.
const COMPRESSION_LEVEL: u8 = 6;

/// What all letters of a jurisdiction share.
#[derive(Clone, Copy)]
pub(super) struct Form {
    number: usize,
    object: Ref,
}

impl Form {
    fn name(self) -> String {
        format!("F{}", self.number)
    }
}

/// A PDF that is being written.
pub(super) struct Document<W: Write> {
    out: W,
    position: u64,
    /// Where each object begins, in the order of their numbers.
    offsets: Vec<u64>,
    root: Ref,
    fonts: Ref,
    forms: Vec<Form>,
    nodes: Vec<Node>,
}

struct Node {
    object: Ref,
    pages: Vec<Ref>,
}

/// One object.
pub(super) fn object(write: impl FnOnce(&mut Chunk)) -> Chunk {
    let mut chunk = Chunk::with_settings(Settings { pretty: false });
    write(&mut chunk);
    chunk
}

/// Bytes for a stream with [`Filter::FlateDecode`].
pub(super) fn compressed(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(bytes, COMPRESSION_LEVEL)
}

impl<W: Write> Document<W> {
    /// Begins a PDF.
    pub(super) fn begin(out: W) -> anyhow::Result<Self> {
        let mut document = Self {
            out,
            position: 0,
            offsets: Vec::new(),
            root: Ref::new(1),
            fonts: Ref::new(1),
            forms: Vec::new(),
            nodes: Vec::new(),
        };
        document.root = document.reserve();
        document.fonts = document.reserve();
        // The second line says that the file isn't text.
        document.write(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(document)
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.position += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn reserve(&mut self) -> Ref {
        self.offsets.push(0);
        // A million letters are two million objects.
        Ref::new(i32::try_from(self.offsets.len()).unwrap_or(i32::MAX))
    }

    /// Writes an object whose number was reserved.
    fn put(&mut self, object: &Chunk) -> anyhow::Result<()> {
        for number in object.refs() {
            let place = usize::try_from(number.get() - 1).ok();
            let offset = place.and_then(|place| self.offsets.get_mut(place));
            *offset.context("an object of the PDF has no number")? = self.position;
        }
        Ok(self.write(object.as_bytes())?)
    }

    /// Writes what many pages share.
    pub(super) fn form(&mut self, content: &[u8]) -> anyhow::Result<Form> {
        let form = Form {
            number: self.forms.len(),
            object: self.reserve(),
        };
        let fonts = self.fonts;
        let bytes = compressed(content);
        self.put(&object(|chunk| {
            let mut object = chunk.form_xobject(form.object, &bytes);
            object
                .bbox(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT))
                .filter(Filter::FlateDecode);
            object.resources().pair(Name(b"Font"), fonts);
        }))?;
        self.forms.push(form);
        Ok(form)
    }

    /// Writes a page: the form with `content` on it.
    pub(super) fn page(&mut self, form: Form, content: &[u8]) -> anyhow::Result<()> {
        let [page, contents] = [self.reserve(), self.reserve()];
        if self
            .nodes
            .last()
            .is_none_or(|node| node.pages.len() == PAGES_PER_NODE)
        {
            let (object, pages) = (self.reserve(), Vec::with_capacity(PAGES_PER_NODE));
            self.nodes.push(Node { object, pages });
        }
        let node = self.nodes.last_mut().context("a page has no place in the PDF")?;
        node.pages.push(page);
        let parent = node.object;
        let mut operators = format!("/{} Do\n", form.name()).into_bytes();
        operators.extend_from_slice(content);
        let bytes = compressed(&operators);
        self.put(&object(|chunk| {
            chunk.stream(contents, &bytes).filter(Filter::FlateDecode);
        }))?;
        self.put(&object(|chunk| {
            chunk.page(page).parent(parent).contents(contents);
        }))
    }

    /// Writes what is known only at the end, and gives everything to the operating system.
    pub(super) fn finish(mut self, fonts: &Fonts, (title, language): (&str, &str)) -> anyhow::Result<()> {
        let pages = self.put_page_tree()?;
        let mut named = Vec::new();
        for (name, font) in fonts.named() {
            let (first, objects) = font.objects(|| self.reserve());
            named.push((name, first));
            for object in &objects {
                self.put(object)?;
            }
        }
        let fonts = self.fonts;
        self.put(&object(|chunk| {
            chunk.indirect(fonts).dict().pairs(named);
        }))?;
        let [catalog, information] = [self.reserve(), self.reserve()];
        self.put(&object(|chunk| {
            let mut object = chunk.indirect(catalog).dict();
            object.pair(Name(b"Type"), Name(b"Catalog"));
            object.pair(Name(b"Pages"), pages);
            object.pair(Name(b"Lang"), TextStr(language));
            // Two voters' letters must not be two sides of a sheet, and scaled ones don't fit the window.
            let mut preferences = object.insert(Name(b"ViewerPreferences")).dict();
            preferences.pair(Name(b"Duplex"), Name(b"Simplex"));
            preferences.pair(Name(b"PrintScaling"), Name(b"None"));
            preferences.pair(Name(b"DisplayDocTitle"), true);
            preferences.finish();
        }))?;
        self.put(&object(|chunk| {
            chunk
                .indirect(information)
                .dict()
                .pair(Name(b"Title"), TextStr(title));
        }))?;
        self.put_cross_references(catalog, information)?;
        Ok(self.out.flush()?)
    }

    fn put_page_tree(&mut self) -> anyhow::Result<Ref> {
        let (root, fonts) = (self.root, self.fonts);
        let nodes = std::mem::take(&mut self.nodes);
        let forms = std::mem::take(&mut self.forms);
        let count = |pages: usize| i32::try_from(pages).context("too many letters for a PDF");
        let all = count(nodes.iter().map(|node| node.pages.len()).sum())?;
        for node in &nodes {
            let pages = count(node.pages.len())?;
            self.put(&object(|chunk| {
                chunk
                    .pages(node.object)
                    .parent(root)
                    .kids(node.pages.iter().copied())
                    .count(pages);
            }))?;
        }
        self.put(&object(|chunk| {
            let mut object = chunk.pages(root);
            object
                .kids(nodes.iter().map(|node| node.object))
                .count(all)
                .media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
            let mut resources = object.resources();
            resources.pair(Name(b"Font"), fonts);
            let mut names = resources.x_objects();
            for form in &forms {
                names.pair(Name(form.name().as_bytes()), form.object);
            }
        }))?;
        Ok(root)
    }

    fn put_cross_references(&mut self, catalog: Ref, information: Ref) -> anyhow::Result<()> {
        let start = self.position;
        let size = self.offsets.len() + 1;
        // Ten digits are 10 GB, several million letters.
        anyhow::ensure!(start < 10_000_000_000, "too many letters for a PDF");
        self.write(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes())?;
        for offset in std::mem::take(&mut self.offsets) {
            self.write(format!("{offset:010} 00000 n \n").as_bytes())?;
        }
        let trailer = format!(
            "trailer\n<</Size {size}/Root {} 0 R/Info {} 0 R>>\nstartxref\n{start}\n%%EOF\n",
            catalog.get(),
            information.get()
        );
        Ok(self.write(trailer.as_bytes())?)
    }
}
