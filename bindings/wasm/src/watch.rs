//! Lists that JavaScript watches: each change crosses as the steps that lead to it.

use beep_client::observe::Diff;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::LocalBoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use crate::failure::json;

/// A list that is watched, until it is freed.
#[wasm_bindgen]
pub struct RawWatch(AbortHandle);

impl RawWatch {
    /// Calls `tell` with the steps as JSON text: once before this returns, with the rows as they are, and then after each
    /// change.
    pub(crate) fn steps<T, U: Serialize + 'static>(
        changes: impl Stream<Item = Vec<Diff<T>>> + 'static,
        form: fn(T) -> U,
        tell: Function,
    ) -> Self
    where
        T: 'static,
    {
        Self::each(changes.map(move |steps| steps.into_iter().map(|step| step.map(form)).collect::<Vec<_>>()), tell)
    }

    /// The same with values, each of which stands for itself.
    pub(crate) fn each<T: Serialize + 'static>(values: impl Stream<Item = T> + 'static, tell: Function) -> Self {
        Self::texts(values.map(|value| json(&value)).boxed_local(), tell)
    }

    /// The same with texts: compiled once for all that is watched.
    fn texts(mut texts: LocalBoxStream<'static, String>, tell: Function) -> Self {
        let tell = move |text: String| {
            // A listener that throws is reported by the layer that made it.
            let _ = tell.call1(&JsValue::UNDEFINED, &JsValue::from_str(&text));
        };
        if let Some(Some(first)) = texts.next().now_or_never() {
            tell(first);
        }
        let (follow, handle) = abortable(async move {
            while let Some(text) = texts.next().await {
                tell(text);
            }
        });
        spawn_local(follow.map(drop));
        Self(handle)
    }
}

impl Drop for RawWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
