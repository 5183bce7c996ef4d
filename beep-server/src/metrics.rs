//! Prometheus metrics, on an address of their own.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// Begins to count, and binds the address of `/metrics`; gives the address in use and what serves there.
pub(crate) async fn begin(address: SocketAddr) -> Result<(SocketAddr, impl Future<Output = ()> + Send), String> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string())?;
    metrics::describe_counter!("beep_http_requests_total", "Requests answered, by the first digit of their status.");
    metrics::describe_histogram!("beep_http_request_seconds", "Seconds that requests took.");
    metrics::describe_gauge!("beep_gateway_connections", "Live connections.");
    metrics::describe_counter!(
        "beep_log_records_skipped_total",
        "Times that a record of the log could not be read and was skipped."
    );
    metrics::describe_counter!(
        "beep_messages_skipped_total",
        "Times that a message could not be read from the database and was skipped."
    );
    metrics::describe_counter!(
        "beep_log_lines_lost_total",
        "Lines of the log that could not be written, counted when one can be again."
    );
    describe_federation();
    let listener = TcpListener::bind(address).await.map_err(|error| format!("`metrics.listen`: {error}"))?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((bound, serve(listener, handle)))
}

async fn serve(listener: TcpListener, handle: PrometheusHandle) {
    let upkeep = handle.clone();
    let upkeep = async move {
        let mut tick = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    };
    tokio::select! {
        served = axum::serve(listener, router(handle)) => if let Err(error) = served {
            tracing::error!(%error, "the metrics listener failed; metrics are no longer served");
        },
        () = upkeep => {}
    }
}

/// Only domains that have authenticated appear as labels.
fn describe_federation() {
    for (name, meaning) in [
        ("beep_federation_answered_total", "Calls of other backends that were answered, by domain and call."),
        ("beep_federation_refused_total", "Requests of other backends that were refused, by code."),
        ("beep_federation_calls_total", "Calls that other backends answered, by domain and call."),
        ("beep_federation_call_failures_total", "Calls to other backends that failed, by code."),
        ("beep_federation_sent_total", "Events that another backend has acknowledged, by domain."),
        ("beep_federation_send_failures_total", "Failed attempts to send events, by domain."),
        ("beep_federation_left_out_total", "Events that were too large to send, by domain."),
        (
            "beep_federation_set_aside_total",
            "Events of another backend that could not be applied (dead letters), by domain.",
        ),
        ("beep_federation_resets_total", "Resets of the stream to another backend, by domain."),
        (
            "beep_federation_repairs_total",
            "Servers that were fetched from their owner because the replica differed, by domain.",
        ),
    ] {
        metrics::describe_counter!(name, meaning);
    }
    metrics::describe_gauge!("beep_federation_queued", "Events that wait for another backend, by domain.");
}

fn router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { handle.render() }))
}
