//! A model endpoint that speaks three dialects (Anthropic messages, OpenAI responses, Gemini) and follows one script:
//! first a shell command, then a file, then a last sentence. It keeps what it received, so that tests can look.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

/// The last sentence of the script.
pub const FINAL_WORDS: &str = "All done: the answer is 42.";
/// What the shell command leaves in `proof.txt`.
pub const PROOF: &str = "42\n";
/// What the file tool writes into `hello.txt`.
pub const EDITED: &str = "edited by the agent\n";

// No `$(…)`: Gemini CLI refuses command substitution whoever asks for it.
const COMMAND: &str = "expr 40 + 2 > proof.txt; cat proof.txt";

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path with query.
    pub target: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as text.
    pub body: String,
}

/// A running endpoint. It ends with the runtime that it was started on.
#[derive(Debug)]
pub struct ModelStub {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl ModelStub {
    /// Listens on a free loopback port. `workspace` is where the file tool is told to write.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(workspace: PathBuf) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, workspace) = (Arc::clone(&kept), workspace.clone());
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, &kept, &workspace));
                    let _closed = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { address, received })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn answer(
    request: Request<Incoming>,
    kept: &Mutex<Vec<Received>>,
    workspace: &std::path::Path,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let bytes = body
        .collect()
        .await
        .map(|b| b.to_bytes())
        .unwrap_or_default();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let target = parts
        .uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Received {
            target,
            headers: parts.headers,
            body: body.clone(),
        });
    let asked: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let path = parts.uri.path();
    let file = workspace.join("hello.txt").display().to_string();
    let response = if path.ends_with("/messages") {
        anthropic(&asked, &file)
    } else if path.ends_with("/responses") {
        openai(&asked)
    } else if path.contains("enerateContent") {
        gemini(&asked, &file, path.contains("stream"))
    } else {
        Reply::Json(
            404,
            json!({"error": {"message": "the stub knows no such path", "type": "not_found_error"}}),
        )
    };
    Ok(response.into_http())
}

enum Reply {
    Json(u16, Value),
    /// Events; each named by its `type` where it has one.
    Events(Vec<Value>),
}

impl Reply {
    fn into_http(self) -> Response<Full<Bytes>> {
        let (status, kind, text) = match self {
            Self::Json(status, value) => (status, "application/json", value.to_string()),
            Self::Events(events) => {
                let lines = events.iter().map(|event| match event["type"].as_str() {
                    Some(name) => format!("event: {name}\ndata: {event}\n\n"),
                    None => format!("data: {event}\n\n"),
                });
                (200, "text/event-stream", lines.collect())
            }
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static(kind),
        );
        response
    }
}

/// How many tool results the conversation holds: the step of the script.
fn step(conversation: &Value, marker: &str) -> usize {
    conversation.to_string().matches(marker).count()
}

fn anthropic(asked: &Value, file: &str) -> Reply {
    let tools = asked["tools"].as_array().is_some_and(|t| !t.is_empty());
    let content = match step(&asked["messages"], "\"tool_result\"") {
        _ if !tools => json!({"type": "text", "text": "A title"}),
        0 => {
            json!({"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": COMMAND, "description": "Runs it"}})
        }
        1 => {
            json!({"type": "tool_use", "id": "toolu_2", "name": "Write", "input": {"file_path": file, "content": EDITED}})
        }
        _ => json!({"type": "text", "text": FINAL_WORDS}),
    };
    let is_tool = content["type"] == "tool_use";
    let stop = if is_tool { "tool_use" } else { "end_turn" };
    let message = |content: Vec<Value>, stop: Value| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": content,
               "stop_reason": stop, "stop_sequence": null, "usage": {"input_tokens": 5, "output_tokens": 5}})
    };
    if asked["stream"] != true {
        return Reply::Json(200, message(vec![content], json!(stop)));
    }
    let (opened, delta) = if is_tool {
        let mut opened = content.clone();
        opened["input"] = json!({});
        (
            opened,
            json!({"type": "input_json_delta", "partial_json": content["input"].to_string()}),
        )
    } else {
        (
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": content["text"]}),
        )
    };
    Reply::Events(vec![
        json!({"type": "message_start", "message": message(vec![], Value::Null)}),
        json!({"type": "content_block_start", "index": 0, "content_block": opened}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ])
}

fn openai(asked: &Value) -> Reply {
    let call = |id: &str, command: String| {
        json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": format!("call_{id}"), "name": "exec_command",
               "arguments": json!({"cmd": command}).to_string()})
    };
    let item = match step(&asked["input"], "call_output\"") {
        0 => call("1", COMMAND.to_owned()),
        1 => call(
            "2",
            format!(
                "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: hello.txt\n+{EDITED}*** End Patch\nEOF\n"
            ),
        ),
        _ => {
            json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": FINAL_WORDS}]})
        }
    };
    let usage = json!({"input_tokens": 5, "input_tokens_details": null, "output_tokens": 5, "output_tokens_details": null, "total_tokens": 10});
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "output": [item], "usage": usage});
    if asked["stream"] != true {
        return Reply::Json(200, response);
    }
    Reply::Events(vec![
        json!({"type": "response.created", "response": {"id": "resp_1"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": response}),
    ])
}

fn gemini(asked: &Value, file: &str, stream: bool) -> Reply {
    let tools = asked["tools"].to_string().contains("run_shell_command");
    let part = match step(&asked["contents"], "\"functionResponse\"") {
        // Side questions (routing, titles) want JSON of their own kind; one object serves them all.
        _ if !tools => {
            json!({"text": json!({"complexity_reasoning": "plain", "complexity_score": 1, "reasoning": "plain",
                                             "model_choice": "flash", "next_speaker": "user"}).to_string()})
        }
        0 => {
            json!({"functionCall": {"name": "run_shell_command", "args": {"command": COMMAND, "description": "Runs it"}}})
        }
        1 => {
            json!({"functionCall": {"name": "write_file", "args": {"file_path": file, "content": EDITED}}})
        }
        _ => json!({"text": FINAL_WORDS}),
    };
    let answer = json!({
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 5, "totalTokenCount": 10},
    });
    if stream {
        Reply::Events(vec![answer])
    } else {
        Reply::Json(200, answer)
    }
}
