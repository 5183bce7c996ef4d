//! What JavaScript waits for.

use futures_util::FutureExt;
use js_sys::Promise;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// Runs a future, and gives its end as a promise. The future is boxed, so that what makes a promise of one is compiled
/// once.
pub(crate) fn promise(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    future_to_promise(future.boxed_local())
}
