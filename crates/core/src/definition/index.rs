//! Owns the definition's order: lists that stay in it, with the lookup by id that each vote needs.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Things in the definition's order that are also found by their id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Indexed<Id, T> {
    items: Vec<T>,
    positions: BTreeMap<Id, usize>,
}

impl<Id: Ord + Borrow<str>, T> Indexed<Id, T> {
    /// The ids that `id_of` gives must be distinct.
    pub(super) fn new(items: Vec<T>, id_of: impl Fn(&T) -> Id) -> Self {
        let positions = items
            .iter()
            .enumerate()
            .map(|(position, item)| (id_of(item), position))
            .collect();
        Self { items, positions }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.positions.get(id)?)
    }
}
