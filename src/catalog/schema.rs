//! The tables of `migrations/catalog`, the same on both databases.

diesel::table! {
    captures (source_id, part) {
        source_id -> Text,
        part -> Text,
        url -> Text,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        sha256 -> Text,
        retrieved_at -> Timestamp,
        last_checked_at -> Timestamp,
    }
}

diesel::table! {
    source_health (source_id) {
        source_id -> Text,
        health -> Text,
        failing_since -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
        last_checked_at -> Timestamp,
        last_ok_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    runs (id) {
        id -> BigInt,
        kind -> Text,
        epoch -> BigInt,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        outcome -> Text,
        release -> Nullable<Text>,
        candidate -> Nullable<Text>,
        message -> Nullable<Text>,
        stages -> Text,
        captures -> Text,
        changes -> Text,
    }
}

diesel::table! {
    releases (release) {
        release -> Text,
        published_at -> Timestamp,
        manifest_sha256 -> Text,
    }
}

diesel::table! {
    held (candidate) {
        candidate -> Text,
        made_at -> Timestamp,
        report -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    leader (id) {
        id -> BigInt,
        epoch -> BigInt,
        taken_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    notices (way, event) {
        way -> Text,
        event -> Text,
        kind -> Text,
        subject -> Text,
        since -> Nullable<Timestamp>,
        message -> Text,
        body -> Text,
        noted_at -> Timestamp,
        claimed_until -> Nullable<Timestamp>,
        told_at -> Nullable<Timestamp>,
        tries -> BigInt,
        failure -> Nullable<Text>,
    }
}
