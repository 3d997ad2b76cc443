//! llama.cpp, linked in. All of this crate's `unsafe` is here: the model comes as a C stream, and what is done for each token goes
//! past the wrapper, which can neither load from a descriptor nor keep one set of threads.
//!
//! Nothing here is trusted to be right about a hostile file. The file's header was checked before ([`crate::gguf`]), the process
//! has nothing that is worth taking, and an assertion that fails in C++ ends this process only.
#![allow(unsafe_code)]

mod sampler;
mod saved;

use std::ffi::{CStr, c_char, c_void};
use std::fs::File;
use std::ops::ControlFlow;
use std::os::fd::IntoRawFd;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use ringfence_inference::Piece;

use super::answer::{Held, Steps, answer, not_too_long, prompt};
use super::{Answered, Cancel, Embedded, Engine, EngineError, Facts, Job, Loading};
use crate::gguf::Gguf;
use crate::limits;
use sampler::Sampler;
use saved::{read_saved, saved_head};

/// A model, its context and its threads.
pub(super) struct Llama {
    // In the order in which they are let go.
    embedder: Option<Context>,
    context: Context,
    pool: Option<Pool>,
    model: LlamaModel,
    held: Held,
    /// What the contexts ask in the middle of a batch; it lives as long as they do.
    asked: Box<Cancel>,
}

impl Llama {
    pub(super) fn load(
        model: File,
        header: &Gguf,
        loading: &Loading,
        cancel: Cancel,
    ) -> Result<Self, EngineError> {
        let began = Instant::now();
        processor()?;
        backend()?;
        complaints().clear();
        let model = open(model, loading.gpu)?;
        let trained = header.of_architecture("context_length").unwrap_or(0);
        let trained = u32::try_from(trained).unwrap_or(u32::MAX);
        let context = match trained {
            0 => loading.context,
            trained => loading.context.min(trained),
        };
        let batch = loading.batch.clamp(1, limits::BATCH).min(context.max(1));
        let threads = loading.threads.clamp(1, limits::THREADS);
        let pool = Pool::new(threads)?;
        let asked = Box::new(cancel.clone());
        let context = Context::new(
            &model,
            &Shape {
                context,
                batch,
                threads,
                embedding: false,
            },
            pool.as_ref(),
            &asked,
        )?;
        let facts = Facts {
            engine: "llama.cpp (llama-cpp-2 0.1.160)".into(),
            architecture: header.architecture().to_owned(),
            context: context.size(),
            trained_context: trained,
            vocabulary: model.n_vocab().try_into().unwrap_or(0),
            width: model.n_embd_out().try_into().unwrap_or(0),
            threads,
        };
        if facts.vocabulary == 0 || facts.context == 0 {
            return Err(EngineError::Load(
                "it has no vocabulary or no context".into(),
            ));
        }
        let mut loaded = Self {
            embedder: None,
            context,
            pool,
            model,
            held: Held {
                facts,
                batch: batch as usize,
                past: Vec::new(),
                cancel,
                loaded_in: Duration::ZERO,
            },
            asked,
        };
        if loaded.pool.is_some() || loading.gpu.is_some() {
            // Every thread of the pool takes part in it and so has begun, and a driver has made what it makes at first use; under
            // the seal neither could any more.
            loaded.context.decode(&[0])?;
            loaded.context.forget();
        }
        loaded.held.loaded_in = began.elapsed();
        Ok(loaded)
    }
}

impl Steps for Llama {
    fn held(&self) -> &Held {
        &self.held
    }

    fn forget_from(&mut self, place: usize) -> Result<(), EngineError> {
        if place >= self.held.past.len() || self.context.forget_from(place) {
            self.held.past.truncate(place);
        } else {
            self.forget();
        }
        Ok(())
    }

    fn step(&mut self, tokens: &[i32]) -> Result<(), EngineError> {
        if let Err(error) = self.context.decode(tokens) {
            // Whatever part of it was taken in is not relied on.
            self.forget();
            return Err(match self.held.cancel.cancelled() {
                true => EngineError::Cancelled,
                false => error,
            });
        }
        self.held.past.extend(tokens);
        Ok(())
    }

    fn logits(&self) -> Result<&[f32], EngineError> {
        self.context.logits(self.held.facts.vocabulary as usize)
    }

    fn piece(&self, token: i32) -> Vec<u8> {
        self.model
            .vocab()
            .token_to_piece(LlamaToken(token), false, None)
    }

    fn ends(&self, token: i32) -> bool {
        self.model.vocab().is_eog(LlamaToken(token))
    }

    fn first(&self) -> i32 {
        // A model without a first token of its own has at least an end.
        let vocab = self.model.vocab();
        let first = [vocab.bos(), vocab.eos()]
            .into_iter()
            .find(|token| token.0 >= 0);
        first.map_or(0, |token| token.0)
    }
}

impl Engine for Llama {
    fn facts(&self) -> &Facts {
        &self.held.facts
    }

    fn tokens(&self, text: &str, add_special: bool) -> Result<Vec<i32>, EngineError> {
        not_too_long(text)?;
        let tokens = self
            .model
            .vocab()
            .tokenize(text.as_bytes(), add_special, true);
        Ok(tokens.into_iter().map(|token| token.0).collect())
    }

    fn generate(
        &mut self,
        job: &Job,
        each: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Answered, EngineError> {
        let began = Instant::now();
        let prompt = prompt(self, job)?;
        let mut sampler = Sampler::new(&self.model, job)?;
        let choose = &mut |logits: &[f32]| sampler.choose(logits);
        answer(self, job, &prompt, began, choose, each)
    }

    fn forget(&mut self) {
        self.context.forget();
        self.held.past.clear();
    }

    fn save(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        if self.held.past.is_empty() {
            return Ok(None);
        }
        let size = self.context.saved_size();
        let bytes = saved_head(&self.held.past, size);
        let all = bytes.len().saturating_add(size);
        if size == 0 || all > limits::STATE_BYTES {
            return Err(EngineError::Job(match size {
                0 => format!("this model's state can not be saved{}", said()),
                _ => format!(
                    "the state has {all} bytes; the limit is {}",
                    limits::STATE_BYTES
                ),
            }));
        }
        self.context.save(bytes, size).map(Some)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<u64, EngineError> {
        let none = || EngineError::Job("this is no saved state of this engine".into());
        self.context.forget();
        self.held.past.clear();
        let (tokens, state) = read_saved(saved).ok_or_else(none)?;
        if tokens.len() >= self.held.facts.context as usize {
            return Err(EngineError::Job(format!(
                "the saved state is of {} tokens and the context {}",
                tokens.len(),
                self.held.facts.context
            )));
        }
        let known = 0..self.held.facts.vocabulary;
        if !tokens
            .iter()
            .all(|token| u32::try_from(*token).is_ok_and(|token| known.contains(&token)))
        {
            return Err(none());
        }
        if let Err(error) = self.context.restore(state, tokens.len()) {
            self.context.forget();
            return Err(error);
        }
        let count = tokens.len() as u64;
        self.held.past = tokens;
        Ok(count)
    }

    fn embed(&mut self, text: &str, truncate: bool) -> Result<Embedded, EngineError> {
        let mut tokens = self.tokens(text, true)?;
        let room = self.held.facts.context as usize;
        if tokens.len() > room {
            if !truncate {
                return Err(EngineError::Job(format!(
                    "a text of {} tokens and a context of {room}; shorten it, or let it be truncated",
                    tokens.len()
                )));
            }
            tokens.truncate(room);
        }
        if tokens.is_empty() {
            return Err(EngineError::Job("there is no text to embed".into()));
        }
        let embedder = match &mut self.embedder {
            Some(embedder) => embedder,
            none => {
                let shape = Shape {
                    context: self.held.facts.context,
                    // A text is pooled in one piece.
                    batch: self.held.facts.context,
                    threads: self.held.facts.threads,
                    embedding: true,
                };
                none.insert(Context::new(
                    &self.model,
                    &shape,
                    self.pool.as_ref(),
                    &self.asked,
                )?)
            }
        };
        embedder.forget();
        embedder.decode(&tokens)?;
        let mut vector = embedder.pooled(self.held.facts.width as usize)?;
        let length = vector
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err(EngineError::Job(
                "the model gives this text no direction".into(),
            ));
        }
        for x in &mut vector {
            *x = (f64::from(*x) / length) as f32;
        }
        Ok(Embedded {
            vector,
            tokens: tokens.len() as u64,
        })
    }
}

/// The library is built for processors from 2013 on; on an older one it would end in an illegal instruction.
fn processor() -> Result<(), EngineError> {
    #[cfg(target_arch = "x86_64")]
    {
        let has = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("f16c")
            && std::arch::is_x86_feature_detected!("bmi2");
        if !has {
            let why =
                "this processor has no AVX2, FMA, F16C or BMI2, which the engine is built for";
            return Err(EngineError::Load(why.into()));
        }
    }
    Ok(())
}

/// The library's state, once a process.
fn backend() -> Result<&'static LlamaBackend, EngineError> {
    static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            // SAFETY: the function is called with text that ends in NUL and lives during the call; it takes no pointer of ours.
            unsafe { sys::llama_log_set(Some(hear), std::ptr::null_mut()) };
            LlamaBackend::init().ok()
        })
        .as_ref()
        .ok_or_else(|| EngineError::Load("llama.cpp can not be initialised".into()))
}

/// Has the library fill its tables, which takes milliseconds: those of its arithmetic, and of what kind each character of Unicode is.
pub(super) fn warm_up() {
    #[cfg(not(target_env = "msvc"))]
    unsafe extern "C" {
        /// C++, by the name that compilers give it; its result is a structure of 16 bits, returned as a number of that size is.
        #[link_name = "_Z26unicode_cpt_flags_from_cptj"]
        fn unicode_cpt_flags_from_cpt(code: u32) -> u16;
    }
    if processor().is_ok() && backend().is_ok() {
        // SAFETY: in the version that the manifest pins exactly it takes any number, and guards the table that its first call makes.
        #[cfg(not(target_env = "msvc"))]
        let _ = unsafe { unicode_cpt_flags_from_cpt(0) };
    }
}

/// What the library complained about last.
fn complaints() -> std::sync::MutexGuard<'static, String> {
    static COMPLAINTS: Mutex<String> = Mutex::new(String::new());
    COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn said() -> String {
    let text = std::mem::take(&mut *complaints());
    match text.trim() {
        "" => String::new(),
        text => format!(" ({text})"),
    }
}

unsafe extern "C" fn hear(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if level != sys::GGML_LOG_LEVEL_ERROR || text.is_null() {
        return;
    }
    // SAFETY: the library passes a string that ends in NUL and lives during this call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut kept = complaints();
    let room = limits::REASON_BYTES.saturating_sub(kept.len());
    kept.extend(
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(room / 4),
    );
}

/// Opens the model. The stream is closed afterwards: what is needed of the file is mapped.
fn open(model: File, gpu: Option<i32>) -> Result<LlamaModel, EngineError> {
    let fd = model.into_raw_fd();
    // SAFETY: the descriptor is open and ours alone; the stream owns it from here on.
    let stream = unsafe { libc::fdopen(fd, c"rb".as_ptr()) };
    if stream.is_null() {
        let why = std::io::Error::last_os_error();
        // SAFETY: fdopen failed, so the descriptor is still ours.
        unsafe { libc::close(fd) };
        return Err(EngineError::Load(why.to_string()));
    }
    // SAFETY: no pointers are passed in.
    let mut params = unsafe { sys::llama_model_default_params() };
    params.n_gpu_layers = gpu.unwrap_or(0);
    params.load_mode = sys::LLAMA_LOAD_MODE_MMAP;
    params.lazy_mode = sys::LLAMA_LAZY_MODE_OFF;
    // SAFETY: the stream is open, the parameters are the library's defaults without any pointer of ours.
    let model = unsafe { sys::llama_model_load_from_file_ptr(stream.cast(), params) };
    // SAFETY: the stream is open, and the library does not own it ("owns_fp" is false for streams that are passed in).
    unsafe { libc::fclose(stream) };
    let model = NonNull::new(model)
        .ok_or_else(|| EngineError::Load(format!("llama.cpp refused it{}", said())))?;
    // SAFETY: in the version that the manifest pins exactly, `LlamaModel` is a transparent wrapper of a transparent wrapper of this
    // pointer, and nothing else has it. The wrapper has no constructor that takes one.
    Ok(unsafe { std::mem::transmute::<NonNull<sys::llama_model>, LlamaModel>(model) })
}

/// Threads that compute, made once. None where the calling thread does it all.
struct Pool(NonNull<sys::ggml_threadpool>);

impl Pool {
    fn new(threads: u32) -> Result<Option<Self>, EngineError> {
        if threads < 2 {
            return Ok(None);
        }
        // SAFETY: no pointers are passed in.
        let mut params =
            unsafe { sys::ggml_threadpool_params_default(threads.try_into().unwrap_or(1)) };
        // SAFETY: the parameters live during the call and are only read.
        let pool = unsafe { sys::ggml_threadpool_new(&raw mut params) };
        match NonNull::new(pool) {
            Some(pool) => Ok(Some(Self(pool))),
            None => Err(EngineError::Load(format!(
                "{threads} threads can not be made"
            ))),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: made by `ggml_threadpool_new`, freed once; the contexts that used it are gone, they stand before it in `Llama`.
        unsafe { sys::ggml_threadpool_free(self.0.as_ptr()) };
    }
}

struct Shape {
    context: u32,
    batch: u32,
    threads: u32,
    embedding: bool,
}

/// A context of a model. It must not outlive the model, the pool and the flag that it was made with; `Llama` keeps them in order.
struct Context(NonNull<sys::llama_context>);

impl Context {
    fn new(
        model: &LlamaModel,
        shape: &Shape,
        pool: Option<&Pool>,
        cancel: &Cancel,
    ) -> Result<Self, EngineError> {
        let threads = i32::try_from(shape.threads).unwrap_or(1);
        // SAFETY: no pointers are passed in.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = shape.context;
        params.n_batch = shape.batch;
        params.n_ubatch = if shape.embedding {
            shape.batch
        } else {
            shape.batch.min(512)
        };
        params.n_seq_max = 1;
        params.n_threads = threads;
        params.n_threads_batch = threads;
        params.embeddings = shape.embedding;
        params.no_perf = true;
        params.abort_callback = Some(asked);
        params.abort_callback_data = std::ptr::from_ref(cancel).cast_mut().cast();
        if shape.embedding {
            params.pooling_type = match trained_pooling(model) {
                sys::LLAMA_POOLING_TYPE_NONE | sys::LLAMA_POOLING_TYPE_RANK => {
                    sys::LLAMA_POOLING_TYPE_MEAN
                }
                own => own,
            };
        }
        complaints().clear();
        // SAFETY: see `open`: the wrapper is this pointer and nothing else.
        let raw = unsafe { *std::ptr::from_ref(model).cast::<*mut sys::llama_model>() };
        // SAFETY: the model is alive, and `Llama` keeps model and flag alive as long as the context.
        let context =
            NonNull::new(unsafe { sys::llama_init_from_model(raw, params) }).ok_or_else(|| {
                EngineError::Load(format!(
                    "no context of {} tokens can be made{}",
                    shape.context,
                    said()
                ))
            })?;
        if let Some(pool) = pool {
            // SAFETY: both are alive, and `Llama` lets the context go first.
            unsafe {
                sys::llama_attach_threadpool(context.as_ptr(), pool.0.as_ptr(), pool.0.as_ptr())
            };
        }
        Ok(Self(context))
    }

    fn size(&self) -> u32 {
        // SAFETY: the context is alive.
        unsafe { sys::llama_n_ctx(self.0.as_ptr()) }
    }

    /// At most a batch of tokens, after those that were decoded before; the last one's logits are kept.
    fn decode(&mut self, tokens: &[i32]) -> Result<(), EngineError> {
        let mut tokens = tokens.to_vec();
        let count =
            i32::try_from(tokens.len()).map_err(|_| EngineError::Job("too many tokens".into()))?;
        // SAFETY: the batch borrows `tokens`, which lives until after the call; the context is alive and nobody else uses it.
        let answer = unsafe {
            let batch = sys::llama_batch_get_one(tokens.as_mut_ptr(), count);
            sys::llama_decode(self.0.as_ptr(), batch)
        };
        match answer {
            0 => Ok(()),
            1 => Err(EngineError::Job(
                "the context is full; use a larger `num_ctx`".into(),
            )),
            2 => Err(EngineError::Cancelled),
            -1 => Err(EngineError::Job(
                "a token that the model does not have".into(),
            )),
            other => Err(EngineError::Broken(format!(
                "decoding ended with {other}{}",
                said()
            ))),
        }
    }

    /// Of the last token that was decoded.
    fn logits(&self, count: usize) -> Result<&[f32], EngineError> {
        // SAFETY: the context is alive; the library gives null or `n_vocab` numbers, which live until the next decoding, and that
        // takes `&mut self`.
        unsafe {
            let logits = sys::llama_get_logits_ith(self.0.as_ptr(), -1);
            match NonNull::new(logits) {
                Some(logits) => Ok(std::slice::from_raw_parts(logits.as_ptr(), count)),
                None => Err(EngineError::Broken("there are no logits".into())),
            }
        }
    }

    /// The vector of what was decoded.
    fn pooled(&self, width: usize) -> Result<Vec<f32>, EngineError> {
        // SAFETY: as `logits`, with as many numbers as an output of the model has.
        unsafe {
            let vector = sys::llama_get_embeddings_seq(self.0.as_ptr(), 0);
            match NonNull::new(vector) {
                Some(vector) => Ok(std::slice::from_raw_parts(vector.as_ptr(), width).to_vec()),
                None => Err(EngineError::Job("this model gives no embeddings".into())),
            }
        }
    }

    /// Bytes that [`Context::save`] needs; 0 where the model can not be saved.
    fn saved_size(&self) -> usize {
        complaints().clear();
        // SAFETY: the context is alive, and its only sequence is 0.
        unsafe { sys::llama_state_seq_get_size(self.0.as_ptr(), 0) }
    }

    /// Adds `size` bytes of state to what is in `bytes`.
    fn save(&mut self, mut bytes: Vec<u8>, size: usize) -> Result<Vec<u8>, EngineError> {
        let head = bytes.len();
        bytes.resize(head + size, 0);
        let room = bytes.get_mut(head..).unwrap_or_default();
        // SAFETY: the library writes at most as many bytes as the buffer has, which lives during the call.
        let written = unsafe {
            sys::llama_state_seq_get_data(self.0.as_ptr(), room.as_mut_ptr(), room.len(), 0)
        };
        match written == size {
            true => Ok(bytes),
            false => Err(EngineError::Job(format!(
                "the state could not be saved{}",
                said()
            ))),
        }
    }

    /// Takes in a state of so many tokens. The library parses it: it must be what [`Context::save`] gave, and whoever hands it over
    /// has to know that.
    fn restore(&mut self, state: &[u8], tokens: usize) -> Result<(), EngineError> {
        complaints().clear();
        // SAFETY: the library reads at most as many bytes as there are, which live during the call.
        let (read, last) = unsafe {
            let read =
                sys::llama_state_seq_set_data(self.0.as_ptr(), state.as_ptr(), state.len(), 0);
            let memory = sys::llama_get_memory(self.0.as_ptr());
            let last = match memory.is_null() {
                true => -1,
                false => sys::llama_memory_seq_pos_max(memory, 0),
            };
            (read, last)
        };
        let whole = read == state.len() && usize::try_from(last).is_ok_and(|l| l + 1 == tokens);
        match whole {
            true => Ok(()),
            false => Err(EngineError::Job(format!(
                "the saved state does not fit this model{}",
                said()
            ))),
        }
    }

    /// Forgets everything.
    fn forget(&mut self) {
        // SAFETY: the context is alive; its memory is null for models that have none.
        unsafe {
            let memory = sys::llama_get_memory(self.0.as_ptr());
            if !memory.is_null() {
                sys::llama_memory_clear(memory, true);
            }
        }
    }

    /// Forgets what comes from a place on; `false` where the model can not do that in parts.
    fn forget_from(&mut self, place: usize) -> bool {
        let Ok(place) = i32::try_from(place) else {
            return false;
        };
        // SAFETY: as `forget`.
        unsafe {
            let memory = sys::llama_get_memory(self.0.as_ptr());
            !memory.is_null() && sys::llama_memory_seq_rm(memory, 0, place, -1)
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by `llama_init_from_model`, freed once.
        unsafe { sys::llama_free(self.0.as_ptr()) };
    }
}

/// The kind of pooling that the file names, or none.
fn trained_pooling(model: &LlamaModel) -> i32 {
    let architecture = model
        .meta_val_str("general.architecture")
        .unwrap_or_default();
    let said = model.meta_val_str(&format!("{architecture}.pooling_type"));
    said.ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(sys::LLAMA_POOLING_TYPE_NONE)
}

unsafe extern "C" fn asked(cancel: *mut c_void) -> bool {
    // SAFETY: the pointer is that of `Llama::asked`, which lives in a box of its own as long as every context.
    unsafe { cancel.cast::<Cancel>().as_ref() }.is_some_and(Cancel::cancelled)
}
