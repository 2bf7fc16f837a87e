//! The routes: shapes, statuses, codes and headers.

mod caching;
mod cast;
mod cast_refusals;
mod cross_origin;
mod election;
mod eligibility;
mod health;
mod limits;
mod openapi;
mod receipts;
mod regions;
mod request_parsing;
mod visits;
mod votes;
