"""Functions of standard libraries that hand a value on, as each language's source spells them.

A name is written as its adapter gives it: the chain's parts joined by dots.
"""

from __future__ import annotations

COPIES = {
    "dict", "copy", "deepcopy", "copy.copy", "copy.deepcopy", "structuredClone", "createHeaders",
}  # fmt: skip
# Classes of mappings that are filled key by key (`form.append("model", "m")`).
HOLDERS = {"FormData", "Headers", "URLSearchParams"}
ENVIRONMENT = {
    "os.getenv", "os.environ.get", "getenv", "environ.get", "os.Getenv", "os.LookupEnv",
    "System.getenv", "System.getProperty", "Environment.GetEnvironmentVariable", "ENV.fetch",
    "env.var", "std.env.var", "sys.env", "sys.env.get", "sys.props", "sys.props.get",
    "Properties.envOrNone", "Deno.env.get", "Bun.env.get", "env", "config",
    "get_option", "get_site_option", "get_theme_mod", "Env.get", "Config.get",
}  # fmt: skip
ENVIRONMENTS = {
    "sys.env", "sys.props",
    "os.environ", "process.env", "ENV", "_ENV", "_SERVER", "import.meta.env", "Bun.env",
    "ProcessInfo.processInfo.environment",
}  # fmt: skip
JSON = {
    "json.dumps", "JSON.stringify", "orjson.dumps", "json.Marshal", "json.MarshalIndent",
    "json_encode", "wp_json_encode", "JSON.generate", "JSON.dump", "JsonSerializer.Serialize",
    "JsonConvert.SerializeObject", "ujson.dumps", "serde_json.to_string", "serde_json.to_vec",
    "Json.encodeToString", "JSONEncoder.encode",
}  # fmt: skip
TEXT = {
    "str", "String", "URI", "Uri", "URL", "URI.create", "URI.parse", "Uri.parse", "Url.parse",
    "url.Parse", "Uri.new", "URI.new", "HttpUrl.parse", "HttpUrl.get", "GenericUrl", "string",
    "String.from", "bytes", "strings.NewReader", "bytes.NewBuffer", "bytes.NewReader",
    "bytes.NewBufferString", "StringContent", "JsonContent.Create", "io.NopCloser", "StringEntity",
    "BodyPublishers.ofString", "HttpRequest.BodyPublishers.ofString", "URLRequest", "Some", "Ok",
    "RequestBody.create", "Entity.json", "Entity.entity", "BodyInserters.fromValue",
    "ByteArrayContent.fromString", "JSONUtil.toJsonStr", "JSON.toJSONString",
    "Optional.ofNullable", "JsonValue.from", "JsonField.of",
    "strings.TrimRight", "strings.TrimSuffix", "rtrim", "trim",
    "url.QueryEscape", "url.PathEscape", "NSURL", "http.URL",
    "yarl.URL", "httpx.URL", "reqwest.Url.parse", "url.Url.parse", "Url.from_str",
    "Url", "Uri.unsafeFromString", "Uri.unsafeParse", "URL.decode",
    "Uri.fromString", "Body.fromString",
}  # fmt: skip
# Options of a command line, with the position of the value that counts without them.
FLAGS = {"flag.String": 1, "pflag.String": 1, "flag.StringP": 2, "pflag.StringP": 2}
# Of these, those that may be given a media type before the text.
TYPED_BODIES = {"RequestBody.create", "StringEntity"}
# Methods of a JSON library's object whose first argument becomes the text.
WRITERS = {
    "writeValueAsString", "writeValueAsBytes", "toJson", "toJSONString", "toJsonStr",
    "toJsonString", "encodeToString",
}  # fmt: skip
# Per language, functions whose result says what their only argument does, by the last name:
# pointers to a value, optional fields of an SDK, conversions to a type of model names.
WRAPS = {
    "kotlin": {"ModelId", "JsonPrimitive", "URI", "Url", "FunctionMode"},
    "go": {
        "F", "Ptr", "ToPtr", "Pointer", "PointerTo", "String", "StringPtr", "NewOpt", "Opt",
        "Optional", "NewOptional", "Some", "Of", "Model", "ChatModel", "ResponsesModel",
        "EmbeddingModel", "ImageModel", "AudioModel", "SpeechModel", "VideoModel", "ModelID",
    },
    "scala": {
        "CustomChatCompletionModel", "CustomCompletionModel", "CustomEmbeddingsModel", "Predefined",
    },
    "rust": {"Some", "eu", "us", "apac", "global", "Direct", "Custom", "Other", "from_str"},
}  # fmt: skip
# Methods that leave a text, or what it says, as it is.
SAME = {
    "encode", "strip", "toString", "rstrip", "lstrip", "trim", "trimEnd", "trim_end_matches",
    "TrimEnd", "Trim", "to_string", "to_owned", "into", "as_str", "clone", "unwrap", "to_s",
    "to_str", "freeze", "as_bytes", "getBytes", "toByteArray", "encodeToByteArray",
    "toRequestBody", "to_json", "toJson",
    "removesuffix", "chomp",
    "to_vec", "ToString", "decode", "unwrap_or_default", "as_ref", "toURI", "toURL",
    "toHttpUrl", "toHttpUrlOrNull", "trimIndent", "stripMargin", "to_h", "to_hash",
    "model_dump", "model_dump_json", "asJava", "asScala", "toMap", "noSpaces", "spaces2",
    "compactPrint", "prettyPrint", "toVector", "iter", "into_iter", "copied", "cloned",
}  # fmt: skip
# Declarations of a field, worth their default.
FIELDS = {"Field", "field", "PrivateAttr"}
# Factories of a value from its text: `ChatModel.of("gpt-4o")`.
OF = {"of", "model", "ofString", "fromString", "valueOf", "from", "forValue"}
# Methods that name what counts where there is nothing else.
OR_ELSE = {"orElse", "getOrElse", "unwrap_or", "unwrap_or_else", "or_else"}
EITHER = {"defaultIfBlank", "defaultIfEmpty", "defaultString", "requireNonNullElse", "firstNonNull"}
# Functions that take what a mapping holds under a key, or what stands third.
PICKS = {"data_get", "array_get", "Arr.get", "ArrayHelper.getValue", "Hash.get"}
GETS = {"get", "getOrDefault", "getOrElse"}
# What hands out the id of an SDK's constant.
IDS = {
    "value", "id", "name", "modelName", "getValue", "getName", "getId", "getModelName",
    "asString", "toString", "getModel", "rawValue",
}  # fmt: skip
# Attributes of an address that a request to it is made with.
OF_ADDRESS = {"path", "request_uri", "AbsoluteUri", "AbsolutePath", "PathAndQuery", "href"}
FORMATS = {"format", "formatted"}
PRINTF = {"fmt.Sprintf", "sprintf", "String.format", "format", "NSString.stringWithFormat"}
BRACES = {"string.Format", "String.Format", "format!"}
JOIN = {
    "url.JoinPath", "urljoin", "urllib.parse.urljoin", "parse.urljoin", "path.join", "os.path.join",
    "posixpath.join", "path.posix.join", "URI.join", "File.join",
}  # fmt: skip
