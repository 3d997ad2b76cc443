//! Amazon Web Services.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "aws-access-key-id",
        "AWS access key id",
        "AWS",
        &["AKIA", "ASIA", "ABIA", "ACCA", "A3T"],
        r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    )
    .entropy(2.8)
    .check(validate::aws_key_id)
    .tried(
        &[concat!("AKIA", "SR34WII3F36FJ4RC")],
        &[concat!("AKIA", "SR34WII3"), concat!("AKIA", "...")],
    ),
    row(
        "aws-secret-access-key",
        "AWS secret access key next to its name",
        "AWS",
        &["aws_secret", "secret_access_key", "secretaccesskey", "aws_sec", "aws.secret", "awssecret", "secret-access-key", "secret access key"],
        r#"(?i)(?:aws[\w.\- ]{0,20}secret[\w.\- ]{0,16}|secret[_\-. ]?access[_\-. ]?key(?:[_\-. ]?id)?)["\x27\]\\]{0,3}\s{0,3}(?:=>|:=|[:=,(>])\s{0,3}["\x27`\\]{0,3}([0-9A-Za-z/+]{40})(?:[^0-9A-Za-z/+=]|$)"#,
    )
    .named()
    .entropy(3.7)
    .check(validate::opaque)
    .tried(
        &[concat!("aws_secret_access_key = ", "ELD5lCZHeyGIqYhUJc2IJ/Cy", "niS4hgsNbMfTKttV")],
        &[concat!("aws_secret_access_key = ", "ELD5lCZHeyGIqYhUJc2IJ/Cy"), concat!("aws_secret_access_key = ", "ELD5lCZHeyGIq")],
    ),
    row(
        "aws-key-pair",
        "AWS secret access key after its key id",
        "AWS",
        &["AKIA", "ASIA"],
        r#"\bA[KS]IA[A-Z2-7]{16}["\x27]?[\s,;:|/"\x27]{1,12}(?:[\w.\- ]{0,32}["\x27]?\s{0,3}[:=]\s{0,3})?["\x27]?([0-9A-Za-z/+]{40})(?:[^0-9A-Za-z/+=]|$)"#,
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AKIALWVLCWJDUH4QVBQP ", "M5r0K4l1G8khPxaN3JTUgS3j", "ijj2gaYdOfF0zM+O")],
        &[concat!("AKIALWVLCWJDUH4QVBQP ", "M5r0K4l1G8khPxaN3JTUgS3j"), concat!("AKIALWVLCWJDUH4QVBQP ", "M5r0K4l1G8khP")],
    ),
    row(
        "aws-session-token",
        "AWS session token",
        "AWS",
        &["session_token", "sessiontoken", "security_token", "security-token", "securitytoken"],
        r#"(?i)(?:aws[_\-. ]?)?(?:session|security)[_\-. ]?token["\x27\]]{0,2}\s{0,3}(?:=>|:=|[:=,(>])\s{0,3}["\x27`\\]{0,3}([0-9A-Za-z/+]{100,}={0,2})"#,
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("aws_session_token = ", "IQoJb3JpZ2lumVIYXSGNDsQV", "vGMz6/Rjq+2QRxkDggQHpBlZ", "kBZ3zbTMM6+YbdT3qeRDwbD5", "oqfe4GOvPiTrvOP1E3krq6UQ", "m9kpe7img4pdt/1hX4IXAqtf", "XK9R+aurBEG/XSXhTrLZVtRr", "GNKtVPZu9Npforaf8jymUfIQ", "RgZ16/BOIPj3XZvvB9Q6Cu9C", "/LwtZLrEhbTd7Ao1g3SUsmWN", "itY/9K7eLTRkBImC9gZBxPkX", "ACTTrhR10Ft0WjS65RKuyu/d", "3nFT2gJOTKqHxrDab/zoYlPG", "3ZV1tr4dplEhuRi3HTwbc16h")],
        &[concat!("aws_session_token = ", "EXAMPLE"), concat!("aws_session_token = ", "abc")],
    ),
    row(
        "aws-session-token-bare",
        "AWS session token by its fixed beginning",
        "AWS",
        &["IQoJb3JpZ2lu", "FwoGZXIvYXdz"],
        r"\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[0-9A-Za-z/+]{100,}={0,2}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("FwoGZXIvYXdz", "tL6awpgTxzd2bKiU91hY1Z+5", "5IVlK9pCGYiIEUtPDejV/UsH", "AWfboFjiTUwY3HzwH8eX35kH", "QOJfTg9qTNeYbTJbLkV4bhPB", "ejWNqiWT1=")],
        &[concat!("FwoGZXIvYXdz", "tL6awpgTxzd2bKiU91hY1Z+5", "5IVlK9pCGYiIEUtPDejV/UsH", "AWfboFjiTU"), concat!("FwoGZXIvYXdz", "...")],
    ),
    row(
        "aws-mws-token",
        "Amazon MWS authorisation token",
        "AWS",
        &["amzn.mws."],
        r"amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("amzn.mws.", "256b9d68-c204-288d-1032-", "4959443a1b72")],
        &[concat!("amzn.mws.", "256b9d68-c204-288d"), concat!("amzn.mws.", "...")],
    ),
    row(
        "aws-bedrock-key",
        "Amazon Bedrock API key (long-lived)",
        "AWS",
        &["ABSKQmVkcm9ja0FQSUtleS"],
        "ABSKQmVkcm9ja0FQSUtleS[0-9A-Za-z+/]{80,}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("ABSKQmVkcm9ja0FQSUtleS", "wA+3HLSFiCQD/H6CceDfcFNq", "+6GECfmAq1BrznIeVYpGPSr+", "IxbzZLqWlfx/VfqdT8JPc/gY", "5n6Xxq57ZFIbK==")],
        &[concat!("ABSKQmVkcm9ja0FQSUtleS", "wA+3HLSFiCQD/H6CceDfcFNq", "+6GECfmAq1BrznIeVYp"), concat!("ABSKQmVkcm9ja0FQSUtleS", "...")],
    ),
    row(
        "aws-bedrock-short-key",
        "Amazon Bedrock API key (short-term)",
        "AWS",
        &["bedrock-api-key-"],
        "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[0-9A-Za-z+/]{40,}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("bedrock-api-key-", "YmVkcm9jay5hbWF6b25hd3Mu", "Y29tIIknHAkacMmuu+5J3KKl", "NXOe6E/TG04HFf5Q5Di/UxJp", "o")],
        &[concat!("bedrock-api-key-", "YmVkcm9jay5hbWF6b25hd3Mu", "Y29tIIknHAkac"), concat!("bedrock-api-key-", "...")],
    ),
    row(
        "aws-appsync-key",
        "AWS AppSync GraphQL key",
        "AWS",
        &["da2-"],
        r"\bda2-[a-z0-9]{26}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("da2-", "q1omu5ly9d3n7jas6pfmb1gc", "md")],
        &[concat!("da2-", "q1omu5ly9d3n7j"), concat!("da2-", "...")],
    ),
    row(
        "aws-presigned-url",
        "AWS pre-signed URL signature",
        "AWS",
        &["X-Amz-Signature="],
        r"X-Amz-Signature=([0-9a-f]{64})\b",
    )
    .warn()
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://bucket.s3.amazonaws.com/a?X-Amz-Expires=900&X-Amz-Signature=", "d5e4351afd870de7970c5a39", "50bfb275aafcfd8bef05c137", "74ecf36e94653dd1")],
        &[concat!("https://bucket.s3.amazonaws.com/a?X-Amz-Expires=900&X-Amz-Signature=", "d5e4351afd870de7970c5a39", "50bfb275aafcfd"), concat!("https://bucket.s3.amazonaws.com/a?X-Amz-Expires=900&X-Amz-Signature=", "d5e4351afd870de7970c5")],
    ),
    row(
        "amazon-oauth-client-secret",
        "Login with Amazon client secret",
        "Amazon",
        &["amzn1.oa2-cs.v1."],
        r"amzn1\.oa2-cs\.v1\.[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("amzn1.oa2-cs.v1.", "b93ab55e37baa0ad26bb256a", "643b2b037c5408204acd4041", "0460194817a17c79")],
        &[concat!("amzn1.oa2-cs.v1.", "b93ab55e37baa0ad26bb256a", "643b2b03"), concat!("amzn1.oa2-cs.v1.", "...")],
    ),
    row(
        "amazon-lwa-refresh",
        "Login with Amazon access or refresh token",
        "Amazon",
        &["Atzr|", "Atza|"],
        r"Atz[ar]\|[0-9A-Za-z_\-]{60,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("Atzr|", "3-YOqXDfhBiucAV7_ZxEvXx-", "BcqEeRhQwar1klPzZKuvqasO", "GdfmHvpU8fC72yZl4QrL")],
        &[concat!("Atzr|", "3-YOqXDfhBiucAV7_ZxEvXx-", "BcqEeRhQwar1kl"), concat!("Atzr|", "...")],
    ),
];
