//! How an operation is declared: a struct with what is true of it beside it.
//!
//! ```text
//! operation! {
//!     /// What it does.
//!     Post "/channels/{channel}/messages" => 201 Message,
//!         idempotent = by_nonce(nonce), owner = home_of(channel), rate = Send;
//!     Send { required fields } + { optional fields }
//! }
//! ```
//!
//! First method, path, status and answer, then the attributes, in any order. Whatever is no `Get` begins them with what
//! makes it idempotent. Its name is that of the [table](crate::for_each_operation).
//!
//! | attribute | says | left out |
//! |---|---|---|
//! | `idempotent = by_nature`, `by_key`, `by_nonce(field)`, `not` | [`Spec::idempotent`](crate::operation::Spec::idempotent) | `by_nature` |
//! | `access = Public`, `Credential`, `Member` | [`Spec::access`](crate::operation::Spec::access) | `Member` |
//! | `rate = Read`, `Write`, `Send`, `Credentials`, `none` | [`Spec::rate`](crate::operation::Spec::rate) | `Read` of a `Get`, else `Write` |
//! | `owner = home_of(field)`, `backend(field)`, `pair_with(field)` | [`Spec::owner`](crate::operation::Spec::owner) | the asked backend's own matter |
//! | `effect = Enters`, `Opens`, `Adds`, `Leaves`, `Declines` | [`Spec::effect`](crate::operation::Spec::effect) | `None` |
//! | `protobuf_body = Message`, `protobuf_answer = Message` | [`Spec::protobuf_body`](crate::operation::Spec::protobuf_body) | JSON alone |
//! | `takes = media("…")`, of a raw operation | [`Spec::takes`](crate::operation::Spec::takes) | `Nothing` |
//!
//! A field of the type [`Secret`](crate::text::Secret) is secret. `#[sample = "…"]` gives one a text of its own for
//! samples, where not any text will do.

/// Declares an operation and the struct that asks for it: required fields first, after `+` the optional ones.
///
/// Gives `new(required…)` and a setter for each optional field.
macro_rules! operation {
    (
        $(#[doc = $doc:literal])+
        Get $path:literal => $status:literal $answer:ty $(, $key:ident = $value:ident $(($argument:ident))?)*;
        $($struct:tt)+
    ) => {
        $crate::declare::operation! {
            @of [$($doc)+] Get $path $status [$answer] [$($key = $value $(($argument))?,)*] $($struct)+
        }
    };
    (
        $(#[doc = $doc:literal])+
        $method:ident $path:literal => $status:literal $answer:ty,
        idempotent = $idempotent:ident $(($nonce:ident))? $(, $key:ident = $value:ident $(($argument:ident))?)*;
        $($struct:tt)+
    ) => {
        $crate::declare::operation! {
            @of [$($doc)+] $method $path $status [$answer]
            [idempotent = $idempotent $(($nonce))?, $($key = $value $(($argument))?,)*] $($struct)+
        }
    };
    (
        @of [$($doc:literal)+] $method:ident $path:literal $status:literal [$answer:ty] [$($attributes:tt)*]
        $struct:ident $required:tt + $optional:tt
    ) => {
        $crate::declare::arguments! { [$($doc)+] $struct $required $optional }
        $crate::declare::specified! { [$($doc)+] $method $path $status $struct [$($attributes)*] .json::<$answer>() }

        impl $crate::operation::Operation for $struct {
            type Answer = $answer;
        }
    };
}
pub(crate) use operation;

/// Declares an operation that reads its request or writes its answer itself: it answers `nothing`, `websocket`, or
/// `media("…")`.
macro_rules! raw_operation {
    (
        $(#[doc = $doc:literal])+
        $method:ident $path:literal => $status:literal $gives:ident $(($media:literal))?
        $(, $key:ident = $value:ident $(($argument:tt))?)*;
        $struct:ident $required:tt + $optional:tt
    ) => {
        $crate::declare::arguments! { [$($doc)+] $struct $required $optional }
        $crate::declare::specified! {
            [$($doc)+] $method $path $status $struct
            [gives = $gives $(($media))?, $($key = $value $(($argument))?,)*]
        }

        impl $crate::operation::RawOperation for $struct {}
    };
}
pub(crate) use raw_operation;

/// Declares the struct of an operation.
macro_rules! arguments {
    (
        [$($doc:literal)+] $struct:ident
        {
            $(
                $(#[doc = $fdoc:literal])+ $(#[serde($($fattr:tt)*)])? $(#[sample = $fsample:literal])?
                $field:ident: $type:ty,
            )*
        }
        {
            $(
                $(#[doc = $odoc:literal])+ $(#[serde($($oattr:tt)*)])? $(#[sample = $osample:literal])?
                $option:ident: $otype:ty,
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Deserialize, PartialEq, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $struct {
            $($(#[doc = $fdoc])+ $(#[serde($($fattr)*)])? pub $field: $type,)*
            $(
                $(#[doc = $odoc])+
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $(#[serde($($oattr)*)])?
                pub $option: Option<$otype>,
            )*
        }

        impl $struct {
            /// Asks with what is required; the setters add the rest.
            #[allow(clippy::new_without_default, reason = "only some operations have no required field")]
            pub fn new($($field: impl Into<$type>),*) -> Self {
                Self { $($field: $field.into(),)* $($option: None,)* }
            }
            $(
                $(#[doc = $odoc])+
                #[must_use]
                pub fn $option(mut self, $option: impl Into<$otype>) -> Self {
                    self.$option = Some($option.into());
                    self
                }
            )*
        }

        impl $crate::operation::Arguments for $struct {
            const FIELDS: &'static [$crate::operation::Field] = &[
                $($crate::declare::field!($field: $type, true),)*
                $($crate::declare::field!($option: $otype, false),)*
            ];

            #[allow(clippy::needless_update, reason = "of some operations every field is optional")]
            fn samples() -> [Self; 2] {
                let least = Self {
                    $($field: $crate::declare::sample!($type $(, $fsample)?),)*
                    $($option: None,)*
                };
                let most = Self {
                    $($option: Some($crate::declare::sample!($otype $(, $osample)?)),)*
                    ..least.clone()
                };
                [least, most]
            }
        }
    };
}
pub(crate) use arguments;

macro_rules! field {
    ($field:ident: $type:ty, $required:literal) => {
        $crate::operation::Field {
            name: stringify!($field),
            required: $required,
            secret: <$type as $crate::operation::Argument>::SECRET,
        }
    };
}
pub(crate) use field;

macro_rules! sample {
    ($type:ty) => {
        <$type as $crate::operation::Argument>::sample()
    };
    ($type:ty, $text:literal) => {
        <$type>::from($text)
    };
}
pub(crate) use sample;

/// Says what is true of an operation.
macro_rules! specified {
    (
        [$($doc:literal)+] $method:ident $path:literal $status:literal $struct:ident
        [$($key:ident = $value:ident $(($argument:tt))?,)*] $($json:tt)*
    ) => {
        impl $crate::operation::Specified for $struct {
            const SPEC: $crate::operation::Spec = $crate::operation::Spec {
                $($key: $crate::declare::attribute!($key $value $($argument)?),)*
                ..$crate::operation::Spec::new(
                    <Self as $crate::operation::Listed>::NAME,
                    $crate::operation::Method::$method,
                    $path,
                    $status,
                    <Self as $crate::operation::Arguments>::FIELDS,
                ) $($json)*
            };
            const DOC: &'static str = concat!($($doc, "\n"),+);
        }
    };
}
pub(crate) use specified;

/// The value of an attribute.
macro_rules! attribute {
    (access $value:ident) => {
        $crate::operation::Access::$value
    };
    (rate none) => {
        None
    };
    (rate $value:ident) => {
        Some($crate::operation::Rate::$value)
    };
    (owner home_of $field:ident) => {
        Some($crate::operation::Owner::HomeOf(stringify!($field)))
    };
    (owner backend $field:ident) => {
        Some($crate::operation::Owner::Backend(stringify!($field)))
    };
    (owner pair_with $field:ident) => {
        Some($crate::operation::Owner::PairWith(stringify!($field)))
    };
    (effect $value:ident) => {
        $crate::operation::Effect::$value
    };
    (idempotent by_nature) => {
        $crate::operation::Idempotent::ByNature
    };
    (idempotent by_key) => {
        $crate::operation::Idempotent::ByKey
    };
    (idempotent by_nonce $field:ident) => {
        $crate::operation::Idempotent::ByNonce(stringify!($field))
    };
    (idempotent not) => {
        $crate::operation::Idempotent::Not
    };
    (protobuf_body $message:ident) => {
        Some(stringify!($message))
    };
    (protobuf_answer $message:ident) => {
        Some(stringify!($message))
    };
    ($body:ident nothing) => {
        $crate::operation::Body::Nothing
    };
    ($body:ident websocket) => {
        $crate::operation::Body::WebSocket
    };
    ($body:ident media $media:literal) => {
        $crate::operation::Body::Media($media)
    };
}
pub(crate) use attribute;

#[cfg(test)]
#[expect(unreachable_pub, reason = "operations are declared for everybody")]
mod tests {
    use crate::operation::{Arguments, Body, Idempotent, Listed, Method, Owner, Specified};
    use crate::request;

    raw_operation! {
        /// Sets a picture.
        Put "/pictures/{picture}" => 204 nothing,
            takes = media("image/png"), owner = home_of(picture), idempotent = by_key;
        PutPicture {
            /// Which picture.
            picture: String,
        } + {
            /// How wide it is.
            width: u32,
        }
    }

    impl Listed for PutPicture {
        const NAME: &'static str = "pictures.put";
    }

    #[test]
    fn a_raw_operation_has_its_fields_in_path_and_query() {
        let spec = PutPicture::SPEC;
        assert_eq!((spec.name, spec.method, spec.status), ("pictures.put", Method::Put, 204));
        assert_eq!((spec.takes, spec.gives), (Body::Media("image/png"), Body::Nothing));
        assert_eq!((spec.owner, spec.idempotent), (Some(Owner::HomeOf("picture")), Idempotent::ByKey));
        assert!(spec.is_raw() && !spec.is_for_peers(), "its body goes another way");
        let asked = [PutPicture::new("sample"), PutPicture::new("sample").width(7u32)];
        assert_eq!(PutPicture::samples(), asked);
        for sample in asked {
            let parts = request::write(&sample).expect("a sample stands in a path");
            assert_eq!((parts.path.as_str(), parts.body), ("/pictures/sample", None));
            let query = sample.width.map(|width| ("width".to_owned(), width.to_string()));
            assert_eq!(parts.query, query.iter().map(|(name, width)| format!("{name}={width}")).collect::<String>());
            let query: Vec<_> = query.into_iter().collect();
            assert_eq!(request::read::<PutPicture>(&[("picture", "sample")], &query, b"octets"), Ok(sample));
        }
    }
}
