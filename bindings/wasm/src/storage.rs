//! What outlives the page, kept by an object of JavaScript.

use beep_client::storage::{Storage, StorageError, Write, check_entry, check_key};
use beep_client::transport::BoxFuture;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::transport::detail;

#[wasm_bindgen]
extern "C" {
    /// See `ChatStorage` in `index.d.ts`.
    pub type RawStorage;
    #[wasm_bindgen(method, catch)]
    fn read(this: &RawStorage, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &RawStorage, key: &str, value: Uint8Array) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn remove(this: &RawStorage, key: &str) -> Result<Promise, JsValue>;
    /// `undefined` where the object has no such function.
    #[wasm_bindgen(method, getter, js_name = writeAll)]
    fn has_write_all(this: &RawStorage) -> JsValue;
    #[wasm_bindgen(method, catch, js_name = writeAll)]
    fn write_all(this: &RawStorage, writes: Array) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &RawStorage, prefix: &str) -> Result<Promise, JsValue>;
}

/// Storage by an object of JavaScript.
pub(crate) struct BrowserStorage(pub(crate) RawStorage);

impl Storage for BrowserStorage {
    fn read(&self, key: String) -> BoxFuture<Result<Option<Vec<u8>>, StorageError>> {
        let asked = check_key(&key).and_then(|()| begun(self.0.read(&key)));
        Box::pin(async move {
            let value = answer(asked?).await?;
            Ok((!value.is_null() && !value.is_undefined()).then(|| Uint8Array::new(&value).to_vec()))
        })
    }

    fn write(&self, key: String, value: Vec<u8>) -> BoxFuture<Result<(), StorageError>> {
        let asked = check_entry(&key, &value).and_then(|()| begun(self.0.write(&key, Uint8Array::from(&value[..]))));
        Box::pin(async move { answer(asked?).await.map(drop) })
    }

    fn remove(&self, key: String) -> BoxFuture<Result<(), StorageError>> {
        let asked = check_key(&key).and_then(|()| begun(self.0.remove(&key)));
        Box::pin(async move { answer(asked?).await.map(drop) })
    }

    fn write_all(&self, writes: &[Write]) -> Option<BoxFuture<Result<(), StorageError>>> {
        if !self.0.has_write_all().is_function() {
            return None;
        }
        let pairs = writes.iter().map(|Write { key, value }| {
            let value = value.as_deref().map_or(JsValue::NULL, |value| Uint8Array::from(value).into());
            Array::of2(&key.as_str().into(), &value)
        });
        let checked = writes.iter().try_for_each(Write::check);
        let asked = checked.and_then(|()| begun(self.0.write_all(pairs.collect())));
        Some(Box::pin(async move { answer(asked?).await.map(drop) }))
    }

    fn list(&self, prefix: String) -> BoxFuture<Result<Vec<String>, StorageError>> {
        let asked = begun(self.0.list(&prefix));
        Box::pin(async move {
            let keys = Array::from(&answer(asked?).await?);
            Ok(keys.iter().filter_map(|key| key.as_string()).collect())
        })
    }
}

fn begun(asked: Result<Promise, JsValue>) -> Result<Promise, StorageError> {
    asked.map_err(|error| StorageError::failed(detail(&error)))
}

async fn answer(asked: Promise) -> Result<JsValue, StorageError> {
    JsFuture::from(asked).await.map_err(|error| StorageError::failed(detail(&error)))
}
