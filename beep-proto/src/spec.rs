//! What is true of an operation, as data: for all that asks about operations without their types.

use std::any::TypeId;
use std::borrow::Cow;

use crate::request::path_names;

/// What is true of an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spec {
    /// `<area>.<verb>`, as it travels between backends.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below `/v1`, with a field's name in braces where its value stands.
    pub path: &'static str,
    /// The status of a success.
    pub status: u16,
    /// Its fields: those of path, query and body together.
    pub fields: &'static [Field],
    /// How the body of a request is written.
    pub takes: Body,
    /// How the body of a success is written.
    pub gives: Body,
    /// Who may ask.
    pub access: Access,
    /// Which rate limit counts it; `None` for what is not counted.
    pub rate: Option<Rate>,
    /// Whose home carries it out, wherever it is asked; `None` for what is the asked backend's own matter.
    pub owner: Option<Owner>,
    /// What a success makes of the caller's membership.
    pub effect: Effect,
    /// What makes it safe to repeat.
    pub idempotent: Idempotent,
    /// The message of `beep.v1` that its body may be instead of JSON.
    pub protobuf_body: Option<&'static str>,
    /// The message of `beep.v1` that its answer may be instead of JSON.
    pub protobuf_answer: Option<&'static str>,
    /// The type of its answer; `None` for a raw operation.
    pub(crate) answer: Option<TypeId>,
}

/// A field of an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it is a password, a code or a token: what no log may show.
    pub secret: bool,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Body {
    /// There is none.
    Nothing,
    /// JSON, of the fields or of the answer.
    Json,
    /// Octets of this media type, which the operation reads or writes itself: a stream, a form, a document.
    Media(&'static str),
    /// A WebSocket, which the connection becomes.
    WebSocket,
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Sets.
    Put,
    /// Changes in part.
    Patch,
    /// Takes away.
    Delete,
}

impl Method {
    /// The method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may ask.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever presents a refresh credential, in the cookie or in the body.
    Credential,
    /// Whoever presents an access token.
    Member,
}

/// Which rate limit counts a request; each counts for itself, by caller, or by address without one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rate {
    /// Reading.
    Read,
    /// Changing.
    Write,
    /// Sending messages.
    Send,
    /// Signing up and in, and everything that takes a password or a code.
    Credentials,
}

/// Which field says whose home carries an operation out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Owner {
    /// The home of what this field of the path names, which stands after its `@`.
    HomeOf(&'static str),
    /// The backend whose domain this field of the query is.
    Backend(&'static str),
    /// The home of the direct channel of the caller and whom this field of the body names; the caller's own backend if it names
    /// nobody.
    PairWith(&'static str),
}

/// What a success makes of the caller's membership of a server, or of an invitation to one, which their own backend has
/// a part in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// They are a member of it; the answer is the membership.
    Enters,
    /// They take part in a private channel; the answer is that.
    Opens,
    /// Somebody else takes part in a private channel; the answer is that.
    Adds,
    /// They are a member no longer.
    Leaves,
    /// An invitation that was for them is gone; its field `code` names it.
    Declines,
}

/// What makes it safe to repeat an operation whose answer was lost.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Idempotent {
    /// It reads, or the second time changes nothing.
    ByNature,
    /// The caller's name for the request, in the header `Idempotency-Key`.
    ByKey,
    /// The caller's name for what it makes, in this field; a name for the request does as well.
    ByNonce(&'static str),
    /// Nothing: it is repeated only if it was certainly not carried out.
    Not,
}

impl Spec {
    /// What is true of an operation that says nothing else.
    pub(crate) const fn new(
        name: &'static str,
        method: Method,
        path: &'static str,
        status: u16,
        fields: &'static [Field],
    ) -> Self {
        let reads = matches!(method, Method::Get);
        Self {
            name,
            method,
            path,
            status,
            fields,
            takes: Body::Nothing,
            gives: Body::Nothing,
            access: Access::Member,
            rate: Some(if reads { Rate::Read } else { Rate::Write }),
            owner: None,
            effect: Effect::None,
            idempotent: Idempotent::ByNature,
            protobuf_body: None,
            protobuf_answer: None,
            answer: None,
        }
    }

    /// The same with JSON both ways.
    pub(crate) const fn json<Answer: 'static>(self) -> Self {
        let takes = if matches!(self.method, Method::Get) { Body::Nothing } else { Body::Json };
        let gives = if matches!(self.status, 202 | 204) { Body::Nothing } else { Body::Json };
        Self { takes, gives, answer: Some(TypeId::of::<Answer>()), ..self }
    }

    /// Whether it answers with a value of this type.
    pub fn answers<T: 'static>(&self) -> bool {
        self.answer == Some(TypeId::of::<T>())
    }

    /// Whether it reads its request or writes its answer itself.
    pub const fn is_raw(&self) -> bool {
        self.answer.is_none()
    }

    /// Whether a success has no body.
    pub const fn is_empty(&self) -> bool {
        matches!(self.gives, Body::Nothing)
    }

    /// Whether a backend may ask another for it: it acts on what somebody owns, and is JSON both ways.
    pub const fn is_for_peers(&self) -> bool {
        self.owner.is_some() && !self.is_raw()
    }

    /// Whether it takes an idempotency key.
    pub const fn takes_key(&self) -> bool {
        matches!(self.idempotent, Idempotent::ByKey | Idempotent::ByNonce(_))
    }

    /// Whether its fields may stand in the query where there is no body: as `DELETE` is asked for by many who can send
    /// none. A secret may not, as a query is written into logs on its way.
    pub fn takes_query(&self) -> bool {
        self.method == Method::Delete && !self.fields.iter().any(|field| field.secret)
    }

    /// The area that it is in, the part of its name before the dot.
    pub fn area(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Its field with this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A path below `/v1` without the secret that it holds, if it is one of this operation up to there.
    fn masked(&self, path: &str) -> Option<String> {
        let secret = path_names(self.path).find(|name| self.field(name).is_some_and(|field| field.secret))?;
        let mut given = path.split('/');
        let mut kept = Vec::new();
        for wanted in self.path.split('/') {
            let part = given.next()?;
            match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if name == secret => {
                    kept.push("…");
                    return Some(kept.into_iter().chain(given).collect::<Vec<_>>().join("/"));
                }
                Some(_) => kept.push(part),
                None if part == wanted => kept.push(part),
                None => return None,
            }
        }
        None
    }
}

/// A path below `/v1` as a log may show it: without what gives access by itself, as the code of an invitation.
pub fn masked_path(path: &str) -> Cow<'_, str> {
    let mut all = crate::operation::OPERATIONS.iter().chain(crate::operation::RAW_OPERATIONS);
    all.find_map(|spec| spec.masked(path)).map_or(Cow::Borrowed(path), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_a_path_is_not_shown() {
        for (path, shown) in [
            ("/invitations/k3Xw9", "/invitations/…"),
            ("/invitations/k3Xw9@b.example.com/accept", "/invitations/…/accept"),
            ("/invitations/k3Xw9/acept", "/invitations/…/acept"),
            ("/invitations", "/invitations"),
            ("/servers/0193/invitations/0194", "/servers/0193/invitations/0194"),
            ("/nowhere", "/nowhere"),
        ] {
            assert_eq!(masked_path(path), shown);
        }
    }
}
