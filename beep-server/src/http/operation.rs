//! From a request to an operation to an answer: the same way for every operation of the table.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use beep_core::backend::{Actor, Refusal, messages};
use beep_core::domain::Domain;
use beep_core::port::{AnswerWrite, Answered, AnsweredBody, Change, IdempotencyKey};
use beep_core::text::Nonce;
use beep_proto::operation::{Access, Method, Operation, Owner, Spec};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::view::Message;
use beep_proto::{protobuf, request};

use crate::app::App;
use crate::http::body::{Bodies, Sender};
use crate::http::client::Client;
use crate::http::context::{Caller, Context, authenticate, field};
use crate::http::v1::seen;
use crate::http::{Refused, forward};
use crate::rate::Left;

/// What answers an operation: the use case that it calls.
pub(crate) trait Handle: Operation {
    /// Answers the operation.
    fn handle(self, context: &Context) -> impl Future<Output = Result<Self::Answer, Refused>> + Send;

    /// Reads the operation from a protobuf body, where it speaks protobuf.
    fn read_protobuf(_path: &[(&str, &str)], _body: &[u8]) -> Option<Result<Self, Problem>> {
        None
    }

    /// Writes the answer in protobuf, where it speaks protobuf.
    fn write_protobuf(_answer: &Self::Answer) -> Option<Vec<u8>> {
        None
    }
}

/// The route of an operation, and what answers there.
pub(crate) fn route<O: Handle>() -> (String, MethodRouter<Arc<App>>) {
    (place(&O::SPEC), on(filter(O::SPEC.method), answer::<O>))
}

async fn answer<O: Handle>(State(app): State<Arc<App>>, request: Request) -> Response {
    let client = Client::of(&request, &app.proxies);
    let (admitted, left) = admit(&O::SPEC, &app, request.headers(), client).await;
    let answered = match admitted {
        Ok(caller) => {
            let (callers, asking) = (app.callers.clone(), caller.as_ref().ok().cloned());
            callers.ask(asking.as_ref(), client.network(), attempt::<O>(app, request, caller)).await
        }
        Err(refused) => Err(refused),
    };
    limited(answered.unwrap_or_else(Refused::into_response), left)
}

/// The path of an operation's route.
pub(super) fn place(spec: &Spec) -> String {
    format!("/v1{}", spec.path)
}

/// The method of an operation's route.
pub(super) fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// Finds out who asks, and counts the request: for the user, or for the network of who shows no good token.
pub(super) async fn admit(
    spec: &Spec,
    app: &App,
    headers: &HeaderMap,
    client: Client,
) -> (Result<Caller, Refused>, Option<Left>) {
    let caller = match spec.access {
        Access::Public | Access::Credential if spec.owner.is_none() => Err(Refusal::Unauthenticated.into()),
        Access::Public | Access::Credential | Access::Member => {
            authenticate(app, client.network(), headers.get(header::AUTHORIZATION)).await
        }
    };
    let rate = spec.rate.map(|rate| match &caller {
        Ok(actor) => app.rates.count(rate, &actor.who.to_string()),
        Err(_) => app.rates.count(rate, &client.network().to_string()),
    });
    let admitted = match (spec.access, caller) {
        (Access::Member, Err(refused)) => Err(refused),
        // What another backend owns it is asked for only for who is signed in; the rest is for everybody.
        (_, caller) => Ok(caller),
    };
    let Some(counted) = rate else { return (admitted, None) };
    match counted {
        Ok(left) => (admitted, left),
        Err((problem, left)) => (Err(Refused(problem)), Some(left)),
    }
}

async fn attempt<O: Handle>(app: Arc<App>, request: Request, mut caller: Caller) -> Result<Response, Refused> {
    let wants_protobuf = wants_protobuf(request.headers());
    let claim = match &mut caller {
        Ok(actor) if O::SPEC.takes_key() => claim(&O::SPEC, &app, &request, actor)?,
        _ => None,
    };
    let user = caller.as_ref().ok().and_then(|actor| actor.who.user());
    let sender = user.map_or(Sender::Anybody, |user| Sender::SignedIn(user.clone()));
    let context = Context::new(app.clone(), &request, caller);
    let asked = Asked::take(request, &app.bodies, sender).await?;
    if let Some(owner) = asked.owner(&O::SPEC)?
        && owner != app.backend.domain
    {
        let (status, answer) = forward::to_owner::<O>(&context, owner, asked.read().await?).await?;
        return answered_with::<O>(status, &answer, wants_protobuf);
    }
    let done = carry_out::<O, _>(&context, asked.read::<O>(), claim.as_ref()).await?;
    let mut response = match done {
        Done::Now(answer, body) => match wants_protobuf.then(|| O::write_protobuf(&answer)).flatten() {
            Some(octets) => written(context.status(&O::SPEC), protobuf::MEDIA_TYPE, octets),
            None if O::SPEC.is_empty() => empty(O::SPEC.status),
            None => written(context.status(&O::SPEC), "application/json", body),
        },
        Done::Before(Repeated { status, body }) => repeated::<O>(status, body, wants_protobuf)?,
    };
    if let Some(cookie) = context.set_cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What became of an operation.
pub(crate) enum Done<A> {
    /// It was carried out; its answer, and that as JSON, empty where there is none.
    Now(A, Vec<u8>),
    /// The same request was carried out before.
    Before(Repeated),
}

/// The answer to a request that was carried out before, as it is given again.
pub(crate) struct Repeated {
    pub(crate) status: u16,
    /// As JSON, empty where there is none.
    pub(crate) body: Vec<u8>,
}

/// Carries out an operation that is read when it is its turn, once for each claim.
pub(crate) async fn carry_out<O: Handle, R>(
    context: &Context,
    read: R,
    claim: Option<&IdempotencyKey>,
) -> Result<Done<O::Answer>, Refused>
where
    R: Future<Output = Result<O, Refused>>,
{
    let app = &context.app;
    if let Some(claim) = claim
        && let Some(answered) = answered(app, claim).await?
    {
        return Ok(Done::Before(again(context, answered).await?));
    }
    let under_way = claim.map(|claim| app.under_way.begin(claim));
    let answer = match (read.await?.handle(context).await, claim) {
        // Somebody else may have carried the same request out meanwhile.
        (Err(refused), Some(claim)) => {
            drop(under_way);
            let answered = answered(app, claim).await?.ok_or(refused)?;
            return Ok(Done::Before(again(context, answered).await?));
        }
        (answer, _) => answer?,
    };
    let body = if O::SPEC.is_empty() { Vec::new() } else { json(&answer)? };
    if let Some(claim) = claim {
        let kept = Answered { status: context.status(&O::SPEC), body: kept(&answer, &body) };
        let change = Change::default().write(AnswerWrite::Put(claim.clone(), kept));
        if let Err(error) = app.backend.store.commit(change).await {
            tracing::error!(%error, "an answer could not be stored under its idempotency key");
        }
    }
    Ok(Done::Now(answer, body))
}

/// A request taken apart.
struct Asked<'a> {
    path: RawPathParams,
    parts: Parts,
    body: Body,
    bodies: &'a Bodies,
    sender: Sender,
}

impl<'a> Asked<'a> {
    async fn take(request: Request, bodies: &'a Bodies, sender: Sender) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, &()).await;
        let path = path.map_err(|_| Refused(Problem::field("path", "malformed", "must be UTF-8")))?;
        Ok(Self { path, parts, body, bodies, sender })
    }

    /// The backend that is to answer, if the request names one.
    fn owner(&self, spec: &Spec) -> Result<Option<Domain>, Refused> {
        let parse = |field: &str, text: &str| {
            Domain::typed(text).map_err(|error| Refused(Problem::field(field, "malformed", error.to_string())))
        };
        match spec.owner {
            // The home of a pair follows from who the two are, and who asks is not here.
            None | Some(Owner::PairWith(_)) => Ok(None),
            Some(Owner::Backend(field)) => {
                let query = query(self.parts.uri.query().unwrap_or_default());
                let named = query.iter().find(|(name, _)| name == field);
                named.map(|(_, text)| parse(field, text)).transpose()
            }
            Some(Owner::HomeOf(field)) => {
                let named = self.path.iter().find(|(name, _)| *name == field);
                let home = named.and_then(|(_, text)| text.rsplit_once('@'));
                home.map(|(_, home)| parse(field, home)).transpose()
            }
        }
    }

    /// Reads the operation from path, query and body.
    async fn read<O: Handle>(self) -> Result<O, Refused> {
        let path: Vec<_> = self.path.iter().collect();
        let query = query(self.parts.uri.query().unwrap_or_default());
        if O::SPEC.method == Method::Get {
            return Ok(request::read(&path, &query, b"")?);
        }
        let body = self.bodies.read(self.body, self.sender).await?;
        if is_protobuf(&self.parts.headers)
            && let Some(read) = O::read_protobuf(&path, &body)
        {
            return Ok(read?);
        }
        Ok(request::read(&path, &query, &body)?)
    }
}

/// Writes an answer as the caller would have it.
fn answered_with<O: Handle>(status: u16, answer: &O::Answer, wants_protobuf: bool) -> Result<Response, Refused> {
    if O::SPEC.is_empty() {
        return Ok(empty(status));
    }
    Ok(match wants_protobuf.then(|| O::write_protobuf(answer)).flatten() {
        Some(octets) => written(status, protobuf::MEDIA_TYPE, octets),
        None => written(status, "application/json", json(answer)?),
    })
}

/// The pairs of a query, unescaped.
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Whether the caller would rather have protobuf than JSON.
fn wants_protobuf(headers: &HeaderMap) -> bool {
    let (mut proto, mut json) = (0.0, 0.0);
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    for range in accepted.flat_map(|value| value.split(',')) {
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        let mut parameters = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        let quality = parameters.find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let quality: f32 = quality.map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0));
        match media.trim().to_ascii_lowercase().as_str() {
            protobuf::MEDIA_TYPE => proto = quality,
            "application/json" | "application/*" | "*/*" => json = quality.max(json),
            _ => {}
        }
    }
    proto > 0.0 && proto >= json
}

/// Whether the body is protobuf.
fn is_protobuf(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case(protobuf::MEDIA_TYPE))
}

/// The caller's name for a request, which goes into the change that carries it out.
fn claim(spec: &Spec, app: &App, request: &Request, actor: &mut Actor) -> Result<Option<IdempotencyKey>, Refused> {
    let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
    let Ok(key) = key.to_str() else {
        return Err(Refused(Problem::field(
            "Idempotency-Key",
            "malformed",
            "must be 1 to 64 printable ASCII characters",
        )));
    };
    let key = field("Idempotency-Key", key, Nonce::parse)?;
    let claim = IdempotencyKey {
        caller: actor.as_user()?.clone(),
        key: key.to_string(),
        route: format!("{} {}", spec.name, request.uri().path()),
        at: app.backend.clock.now(),
    };
    // A message has its nonce for the same purpose, and a faster way into the store without a claim.
    actor.claim = Some(claim.clone());
    Ok(Some(claim))
}

/// The first answer to a request that was carried out before. While that is still being written, it is waited for.
async fn answered(app: &App, claim: &IdempotencyKey) -> Result<Option<Answered>, Refused> {
    let look = async || app.backend.store.answer(claim).await.map_err(Refusal::from);
    let Some(written) = look().await? else { return Ok(None) };
    if written.is_some() {
        return Ok(written);
    }
    let ended = tokio::time::timeout(PATIENCE, app.under_way.ended(claim)).await;
    if let Some(Some(answered)) = look().await? {
        return Ok(Some(answered));
    }
    if ended.is_err() {
        let problem =
            Problem::new(ErrorCode::RateLimited, "a request with the same idempotency key is still in progress");
        return Err(Refused(Problem { retry_after: Some(1), ..problem }));
    }
    Err(Refusal::Repeated.into())
}

/// What is kept of an answer: of a message which one it is, as what it says may be edited or deleted.
fn kept<A: Any>(answer: &A, body: &[u8]) -> AnsweredBody {
    match (answer as &dyn Any).downcast_ref::<Message>() {
        Some(message) => AnsweredBody::Message(message.channel_id.0.clone(), message.id.0),
        None => AnsweredBody::Octets(body.to_vec()),
    }
}

/// An answer as it is given again: a message as it is now, if the caller still sees it.
async fn again(context: &Context, Answered { status, body }: Answered) -> Result<Repeated, Refused> {
    let body = match body {
        AnsweredBody::Octets(octets) => octets,
        AnsweredBody::Message(channel, id) => {
            let message = messages::find(context.backend(), context.actor()?, &channel, id).await?;
            json(&seen(context, message).await?)?
        }
    };
    Ok(Repeated { status, body })
}

/// Writes an answer that is there as JSON.
fn repeated<O: Handle>(status: u16, body: Vec<u8>, wants_protobuf: bool) -> Result<Response, Refused> {
    if O::SPEC.is_empty() {
        return Ok(empty(status));
    }
    if wants_protobuf {
        let answer = serde_json::from_slice(&body).map_err(|error| Refusal::Failed(error.to_string()))?;
        if let Some(octets) = O::write_protobuf(&answer) {
            return Ok(written(status, protobuf::MEDIA_TYPE, octets));
        }
    }
    Ok(written(status, "application/json", body))
}

fn json<T: serde::Serialize>(answer: &T) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(answer).map_err(|error| Refusal::Failed(error.to_string()).into())
}

fn written(status: u16, media: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn empty(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT).into_response()
}

/// Says what is left of the caller's rate limit; nothing, where another limit refused the request.
pub(super) fn limited(mut response: Response, left: Option<Left>) -> Response {
    if let Some(Left { limit, mut remaining, reset }) = left {
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            remaining = 0;
        }
        let headers = response.headers_mut();
        headers.insert("ratelimit-limit", limit.into());
        headers.insert("ratelimit-remaining", remaining.into());
        headers.insert("ratelimit-reset", reset.into());
    }
    response
}

/// How long is waited for an answer that is still being written.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use beep_core::backend::channels;
    use beep_core::content::Content;
    use beep_core::port::new_id;
    use beep_core::session::ACCESS_LIFE;
    use beep_proto::cursor::Cursors;
    use beep_proto::operation::Specified;
    use beep_proto::operation::invitations::Preview;
    use beep_proto::operation::messages::{Edit, Send};

    use super::*;
    use crate::config::Config;
    use crate::hub::Hub;
    use crate::testing::World;

    #[tokio::test]
    async fn a_repeated_answer_gives_a_message_as_it_is() {
        let world = World::open("a.example.com").await;
        let backend = &world.backend;
        let actor = world.somebody();
        let user = actor.as_user().expect("it is one").clone();
        let server = world.server(&actor).await;
        let channel = channels::list(backend, &actor, &server).await.expect("they own it")[0].id.clone();
        let state = backend.store.log_state().await.expect("memory does not fail");
        let hub = Hub::new(backend, Cursors::new(state.id, &backend.keys.cursors()), state.head);
        let app = Arc::new(App::new(backend.clone(), &Config::default(), hub, Arc::default(), None));
        let context = Context::of_peer(app, Ok(actor.clone()));
        let claim = |route: &str| IdempotencyKey {
            caller: user.clone(),
            key: "key".to_owned(),
            route: route.to_owned(),
            at: backend.clock.now(),
        };
        let send = async || {
            let send = Send::new(channel.clone(), "first");
            carry_out::<Send, _>(&context, async { Ok(send) }, Some(&claim("send"))).await
        };
        let Ok(Done::Now(sent, _)) = send().await else { panic!("it is sent") };
        let edit = async || {
            let edit = Edit::new(channel.clone(), sent.id, "second");
            carry_out::<Edit, _>(&context, async { Ok(edit) }, Some(&claim("edit"))).await
        };
        assert!(matches!(edit().await, Ok(Done::Now(..))));
        let kept = backend.store.answer(&claim("send")).await.expect("memory does not fail").flatten();
        let body = AnsweredBody::Message(channel.clone(), sent.id.0);
        assert_eq!(kept, Some(Answered { status: 201, body }), "no text is kept");
        let third = Content::parse("third").expect("a text");
        messages::edit(backend, &actor, &channel, sent.id.0, third).await.expect("it is theirs");
        for (again, expected) in [(send().await, 201), (edit().await, 200)] {
            let Ok(Done::Before(Repeated { status, body })) = again else { panic!("it was carried out before") };
            let message: Message = serde_json::from_slice(&body).expect("it is a message");
            assert_eq!((status, message.id, message.content.as_str()), (expected, sent.id, "third"));
        }
        messages::delete(backend, &actor, &channel, sent.id.0).await.expect("it is theirs");
        for again in [send().await.map(drop), edit().await.map(drop)] {
            assert_eq!(again.err().map(|Refused(problem)| problem.code), Some(ErrorCode::NotFound));
        }
    }

    #[tokio::test]
    async fn whose_token_is_not_taken_hears_why_where_one_is_needed() {
        let world = World::open("a.example.com").await;
        let backend = &world.backend;
        let state = backend.store.log_state().await.expect("memory does not fail");
        let hub = Hub::new(backend, Cursors::new(state.id, &backend.keys.cursors()), state.head);
        let app = Arc::new(App::new(backend.clone(), &Config::default(), hub, Arc::default(), None));
        let session = new_id(backend.clock.now(), &*backend.entropy);
        let user = world.somebody().as_user().expect("it is one").id;
        let token = app.tokens.sign(backend, user, session).expect("there is a key");
        let ask = async |token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
            let (admitted, _) = admit(&Preview::SPEC, &app, &headers, Client::default()).await;
            let caller = admitted.expect("anybody may ask what this backend owns");
            let context = Context::new(app.clone(), &Request::default(), caller);
            context.actor().map(drop).map_err(|Refused(problem)| problem.code)
        };
        assert_eq!(ask(&token).await, Ok(()));
        assert_eq!(ask("made up").await, Err(ErrorCode::Unauthenticated));
        world.clock.advance(ACCESS_LIFE);
        assert_eq!(ask(&token).await, Err(ErrorCode::TokenExpired), "so that it is renewed");
    }

    #[test]
    fn what_takes_protobuf_says_so() {
        fn check<O: Handle>() {
            let (spec, reads) = (O::SPEC, O::read_protobuf(&[], b"").is_some());
            assert_eq!(reads, spec.protobuf_body.is_some(), "{}", spec.name);
        }
        macro_rules! each {
            ($($area:ident { $($method:ident: $operation:ident),* $(,)? })*) => {
                $($( check::<beep_proto::operation::$area::$operation>(); )*)*
            };
        }
        beep_proto::for_each_operation!(each);
    }

    #[test]
    fn protobuf_is_for_who_would_rather_have_it() {
        for (accepted, expected) in [
            (&[][..], false),
            (&["*/*"], false),
            (&["application/x-protobuf"], true),
            (&["application/json, Application/X-Protobuf"], true),
            (&["application/json", "application/x-protobuf"], true),
            (&["application/json, application/x-protobuf;q=0.1"], false),
            (&["application/json;q=0.5, application/x-protobuf; q=0.9, */*;q=0.1"], true),
            (&["application/x-protobuf;q=0"], false),
            (&["application/x-protobuf-delimited"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in accepted {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(wants_protobuf(&headers), expected, "{accepted:?}");
        }
    }
}
