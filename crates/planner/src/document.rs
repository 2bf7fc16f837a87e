//! Owns how a plan and a simulation are written down: the same tables as text for a terminal and as Markdown.

/// Tables under headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub(crate) title: String,
    pub(crate) sections: Vec<Section>,
}

/// A heading, lines of text and a table, each of which may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) heading: String,
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) notes: Vec<String>,
}

impl Document {
    /// Lines with aligned columns.
    pub fn to_text(&self) -> String {
        let mut lines = vec![self.title.clone()];
        for section in &self.sections {
            lines.push(String::new());
            if !section.heading.is_empty() {
                lines.push(section.heading.to_uppercase());
            }
            lines.extend(aligned(section));
            lines.extend(section.notes.iter().map(|note| format!("- {note}")));
        }
        lines.join("\n")
    }

    /// Markdown, its headings beginning at the third level.
    pub fn to_markdown(&self) -> String {
        let mut lines = vec![format!("**{}**", self.title)];
        for section in &self.sections {
            lines.push(String::new());
            if !section.heading.is_empty() {
                lines.extend([format!("### {}", section.heading), String::new()]);
            }
            if !section.header.is_empty() {
                lines.push(format!("| {} |", section.header.join(" | ")));
                lines.push(format!("|{}", "---|".repeat(section.header.len())));
                lines.extend(section.rows.iter().map(|row| format!("| {} |", row.join(" | "))));
            }
            if !section.notes.is_empty() && !section.header.is_empty() {
                lines.push(String::new());
            }
            lines.extend(section.notes.iter().map(|note| format!("- {note}")));
        }
        lines.join("\n")
    }
}

/// The first column to the left, numbers to the right.
fn aligned(section: &Section) -> Vec<String> {
    let width = |column: usize| {
        let cells = section
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(String::as_str);
        cells
            .chain([section.header[column]])
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let is_number =
        |cell: &str| cell.starts_with(|first: char| first.is_ascii_digit() || "$–".contains(first));
    let is_numbers = |column: usize| {
        let mut cells = section.rows.iter().filter_map(|row| row.get(column));
        column > 0 && cells.all(|cell| is_number(cell))
    };
    let columns: Vec<(usize, bool)> = (0..section.header.len())
        .map(|column| (width(column), is_numbers(column)))
        .collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&columns).map(|(cell, (width, to_the_right))| {
            if *to_the_right {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rows = section
        .rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    let header = line(section.header.clone());
    [header]
        .into_iter()
        .filter(|header| !header.is_empty())
        .chain(rows)
        .collect()
}
