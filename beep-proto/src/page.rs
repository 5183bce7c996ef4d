//! Lists: one envelope, and cursors that name the last item of a page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::foreign::lenient;

/// A page of a list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{T}Page"))]
pub struct Page<T> {
    /// The items of this page, in the order of the list.
    #[serde(bound(deserialize = "T: serde::de::DeserializeOwned"), deserialize_with = "lenient::items")]
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; `null` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Takes up to `limit` of `items` (which hold one more if there is more) and names the last one by `key`.
    pub fn cut<K: AsRef<[u8]>>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| BASE64.encode(key(last)));
        Self { items, next }
    }

    /// All there is.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// The same page of other items.
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(with).collect(), next: self.next }
    }
}

/// The octets that [`Page::cut`] put into a cursor; `None` if the text is none of its making.
pub fn open(cursor: &str) -> Option<Vec<u8>> {
    BASE64.decode(cursor).ok()
}

/// The default number of items in a page.
pub const DEFAULT_LIMIT: u32 = 50;

/// The maximum number of items in a page.
pub const MAX_LIMIT: u32 = 100;
