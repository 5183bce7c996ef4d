//! Prometheus metrics, on an address of their own.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// Serves `/metrics` at an address for as long as the process lives; gives the address in use.
pub(crate) async fn serve(address: SocketAddr) -> Result<SocketAddr, String> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string())?;
    metrics::describe_counter!("beep_http_requests_total", "Requests answered, by the first digit of their status.");
    metrics::describe_histogram!("beep_http_request_seconds", "Seconds that requests took.");
    metrics::describe_gauge!("beep_gateway_connections", "Live connections.");
    let listener = TcpListener::bind(address).await.map_err(|error| format!("`metrics.listen`: {error}"))?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router(handle)).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(bound)
}

fn router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { handle.render() }))
}
