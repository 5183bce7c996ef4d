//! URLs as they may be shown.

/// A URL with stars for its password. What only may be one is masked as well: nobody needs to see it.
pub(crate) fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.rsplit_once('@').map_or(url.to_owned(), |(_, host)| format!("***@{host}"));
    };
    // A password that somebody forgot to escape may hold anything, also an `@`.
    let Some((credentials, host)) = rest.rsplit_once('@') else {
        return format!("{scheme}://{}", mask_query(rest));
    };
    let user = credentials.split([':', '/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{user}:***@{}", mask_query(host))
}

/// Masks the values of a query, save those that are known to be harmless.
fn mask_query(rest: &str) -> String {
    let Some((before, query)) = rest.split_once('?') else { return rest.to_owned() };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if !HARMLESS.contains(&name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{before}?{}", shown.collect::<Vec<_>>().join("&"))
}

const HARMLESS: &[&str] = &["dbname", "host", "port", "sslmode", "tls", "user"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, shown) in [
            ("postgres://beep:s3cret@db:5432/beep?sslmode=require", "postgres://beep:***@db:5432/beep?sslmode=require"),
            ("postgres://h/db?user=a&password=s3cret", "postgres://h/db?user=a&password=***"),
            ("postgres://h/db?p%61ssword=s3cret", "postgres://h/db?p%61ssword=***"),
            ("postgres://h/db?password=s3@cret", "postgres://h:***@cret"),
            ("smtp://me@ex:p@s3cret#x@h", "smtp://me@ex:***@h"),
            ("smtp://me:s3?cret@h", "smtp://me:***@h"),
            ("me:s3cret@h", "***@h"),
            ("sqlite://./beep.db", "sqlite://./beep.db"),
        ] {
            assert_eq!(mask(url), shown);
            assert!(!shown.contains("s3"));
        }
    }
}
