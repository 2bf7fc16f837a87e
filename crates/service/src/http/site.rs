//! Owns how one process serves several regions: each under `/regions/{name}/`, and the nearest healthy one
//! without a prefix, as latency routing would choose it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::{IntoResponse, Response};
use election_core::identifiers::RegionName;
use tower::ServiceExt;

use super::access_log::protect;
use super::problem::Problem;
use crate::regions::{Region, Regions};

#[derive(Clone)]
struct Site {
    regions: Regions,
    routers: Arc<BTreeMap<RegionName, Router>>,
}

/// All regions of a process as one router.
pub fn site(regions: Regions, routers: BTreeMap<RegionName, Router>) -> Router {
    Router::new().fallback(dispatch).with_state(Site {
        regions,
        routers: Arc::new(routers),
    })
}

async fn dispatch(State(site): State<Site>, mut request: Request) -> Response {
    let Some(prefixed) = request.uri().path().strip_prefix("/regions/") else {
        return match site.regions.nearest_active() {
            Some(region) => site.serve(region, request).await,
            None => refuse(Problem::REGION_UNAVAILABLE),
        };
    };
    let (name, path) = prefixed.split_once('/').unwrap_or((prefixed, ""));
    let Some(region) = site.regions.named(name).cloned() else {
        return refuse(Problem::REGION_UNKNOWN);
    };
    let query = request
        .uri()
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let Some(uri) = with_path(request.uri(), &format!("/{path}{query}")) else {
        return refuse(Problem::NOT_FOUND);
    };
    *request.uri_mut() = uri;
    site.serve(&region, request).await
}

/// A refusal that no region's router makes.
fn refuse(problem: Problem) -> Response {
    let mut response = problem.into_response();
    protect(response.headers_mut());
    response
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

impl Site {
    /// Lets a region answer; one that isn't active says so itself.
    async fn serve(&self, region: &Region, request: Request) -> Response {
        match self.routers.get(region.name()) {
            Some(router) => match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            None => refuse(Problem::REGION_UNAVAILABLE),
        }
    }
}
