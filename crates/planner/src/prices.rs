//! Owns the list prices, read from one dated file of this crate.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::money::{Money, Price, parse_dollars};

/// Prices of one date.
pub struct Prices {
    /// When they were collected, as 2026-11.
    pub date: String,
    by_name: BTreeMap<String, Price>,
}

/// What is wrong with a file of prices.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// It isn't such a file.
    #[error("the prices can't be read: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A price isn't one.
    #[error("the price {0} isn't dollars for a number of units")]
    Price(String),
    /// A price is missing.
    #[error("there is no price {0}")]
    Missing(String),
}

#[derive(Deserialize)]
struct File {
    date: String,
    #[serde(flatten)]
    prices: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    usd: String,
    per: u64,
    source: String,
}

impl Prices {
    /// Today's, as the file prices/2026-11.toml has them.
    pub fn current() -> Result<Self, PricesError> {
        Self::parse(include_str!("../prices/2026-11.toml"))
    }

    /// Those of 2019, to explain a published bill.
    pub fn of_2019() -> Result<Self, PricesError> {
        Self::parse(include_str!("../prices/2019-01.toml"))
    }

    fn parse(text: &str) -> Result<Self, PricesError> {
        let file: File = toml::from_str(text)?;
        let read = |(name, entry): (String, Entry)| match parse_dollars(&entry.usd) {
            Some(micros) if entry.per > 0 => {
                let price = Price {
                    micros,
                    per: entry.per,
                    source: entry.source,
                };
                Ok((name, price))
            }
            _ => Err(PricesError::Price(name)),
        };
        Ok(Self {
            date: file.date,
            by_name: file.prices.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// A price.
    pub fn price(&self, name: &str) -> Result<&Price, PricesError> {
        let price = self.by_name.get(name);
        price.ok_or_else(|| PricesError::Missing(name.to_owned()))
    }

    /// What so many units cost.
    pub fn cost(&self, name: &str, quantity: u64) -> Result<Money, PricesError> {
        Ok(self.price(name)?.of(quantity))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.by_name.iter().map(|(name, price)| (name.as_str(), price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_price_of_both_files_has_a_source() {
        for prices in [Prices::current().unwrap(), Prices::of_2019().unwrap()] {
            assert!(prices.iter().count() > 3);
            for (name, price) in prices.iter() {
                assert!(price.source.starts_with("https://") && price.micros > 0, "{name}");
            }
        }
    }

    #[test]
    fn a_price_that_is_none_is_named() {
        let entry = |usd: &str, per: u64| {
            format!(
                "date = \"2026-11\"\n[query]\nusd = \"{usd}\"\nper = {per}\nsource = \"https://example.org\""
            )
        };
        for text in [entry("free", 1), entry("1", 0)] {
            let error = Prices::parse(&text).err().map(|error| error.to_string());
            assert_eq!(
                error.as_deref(),
                Some("the price query isn't dollars for a number of units")
            );
        }
        let prices = Prices::parse(&entry("1", 1)).unwrap();
        let missing = prices.cost("other", 1).map_err(|error| error.to_string());
        assert_eq!(missing, Err("there is no price other".to_owned()));
    }
}
