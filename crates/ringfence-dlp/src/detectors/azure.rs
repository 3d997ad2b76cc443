//! Microsoft Azure and Microsoft 365.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "azure-storage-key",
        "Azure Storage account key",
        "Microsoft",
        &["AccountKey", "account_key", "storage_key", "storagekey"],
        r#"(?i)(?:account|storage)[_\- ]?key["\x27\]]{0,2}\s{0,3}[:=]\s{0,3}["\x27]?([0-9A-Za-z+/]{86}==)"#,
    )
    .named()
    .entropy(4.5)
    .tried(
        &[concat!("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=", "5PisvDVKIbxWCl02Ida6bxdK", "P6sZZgh4B/DPM/k73QSgj3+L", "BW/d/XtbzQjRWBzjoVr04CR+", "xvRcoP8gdzQG8a==;Endpoin", "tSuffix=core.windows.net")],
        &[concat!("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=", "5PisvDVKIbxWCl02Ida6bxdK", "P6sZZgh4B/DPM/k73QSgj3+L", "BW/d"), concat!("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=", "5PisvDVKIbxWCl02Ida6bxdK", "P6sZZ")],
    ),
    row(
        "azure-storage-key-marked",
        "Azure key with the AzCa signature (Storage, Batch, Cosmos DB)",
        "Microsoft",
        &["+ASt", "+ABa", "ACDb"],
        r"[0-9A-Za-z+/]{76}(?:\+ASt|\+ABa|ACDb)[0-9A-Za-z+/]{6}==",
    )
    .entropy(4.0)
    .tried(
        &[concat!("wAQSY0Pim52q78rgfySJX8IT", "a04gMwkyt2GTNrcwAJgkWmnH", "mfMYxGWGhUAoTLd50jDtUgvP", "2Qoz+ABahAWrVq==")],
        &[concat!("wAQSY0Pim52q78rgfySJX8IT", "a04gMwkyt2GTNrcwAJgkWmnH", "mfMY"), concat!("wAQSY0Pim52q78rgfySJX8IT", "a04gM")],
    ),
    row(
        "azure-service-key-marked",
        "Azure key with a service signature (Service Bus, IoT Hub, Event Hubs, Search, Functions, Redis, API Management)",
        "Microsoft",
        &["+ASb", "+AEh", "AIoT", "+ARm", "AzSe", "AzFu", "AzCa", "+ACR", "APIM", "ACRC"],
        r"[0-9A-Za-z+/_\-]{33,60}(?:\+ASb|\+AEh|AIoT|\+ARm|AzSe[AD]|AzFu|AzCa|\+ACR|APIM)[0-9A-Za-z+/_\-]{5,10}={0,2}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("DiNh69+enmDu7pG6f/hqdXa2", "l8fIxTXs+ganfnRnpnmu9zPT", "B+WeAzSeAjsB5P=")],
        &[concat!("DiNh69+enmDu7pG6f/hqdXa2", "l8fIxTXs+ganf"), "DiNh69+enmDu7pG6f/hqd"],
    ),
    row(
        "azure-key-jqq",
        "Azure API key of the 84-character form (OpenAI, AI services, DevOps, Maps)",
        "Microsoft",
        &["JQQJ"],
        r"\b[0-9A-Za-z]{52}JQQJ\d\d[A-Z0-9]{4,10}[0-9A-Za-z]{14,24}\b",
    )
    .entropy(4.0)
    .tried(
        &[concat!("TTacEDQcNjowdwCYwIqWqolp", "v6Jjgc7xP4Q5aAwNoX8uGtuj", "zn6AJQQJ62DLRYOXOgg5CWoB", "8oGogps")],
        &[concat!("TTacEDQcNjowdwCYwIqWqolp", "v6Jjgc7xP4Q5aAwNoX8uGtu"), concat!("TTacEDQcNjowdwCYwIqWqolp", "v6")],
    ),
    row(
        "azure-devops-pat-new",
        "Azure DevOps personal access token",
        "Microsoft",
        &["AZDO"],
        r"[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4}\b",
    )
    .entropy(4.0)
    .tried(
        &[concat!("EjzBXYKZvx9IhNZROMfD7DeK", "IHlwUF4UwWdepMGQcxgGI6oe", "RLOOuxjLfdqhaw66qdSHauAK", "eJCEAZDOHnNC")],
        &[concat!("EjzBXYKZvx9IhNZROMfD7DeK", "IHlwUF4UwWdepMGQcxgGI6oe", "RL"), concat!("EjzBXYKZvx9IhNZROMfD7DeK", "IHlw")],
    ),
    row(
        "azure-devops-pat",
        "Azure DevOps personal access token (52 characters)",
        "Microsoft",
        &["azure", "devops", "vsts", "tfs_", "personalaccess", "personal_access", "azdo", "visualstudio"],
        near!("azure|devops|vsts|tfs|azdo|visualstudio|personal[_ ]?access", r"[a-z2-7]{52}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("AZURE_SECRET_KEY=", "jhbaukrtf5fktn4nhncwrtba", "sz6kbikcgcnnx3ewxgesdoaq", "u2yn")],
        &[concat!("AZURE_SECRET_KEY=", "jhbaukrtf5fktn4nhncwrtba", "sz6kbik"), concat!("AZURE_SECRET_KEY=", "jhbaukrtf5fktn4nh")],
    ),
    row(
        "azure-ad-client-secret",
        "Microsoft Entra client secret",
        "Microsoft",
        &["7Q~", "8Q~"],
        r"(?:^|[^0-9A-Za-z_~.\-])([0-9A-Za-z_~.\-]{3}[78]Q~[0-9A-Za-z_~.\-]{31,34})(?:[^0-9A-Za-z_~.\-]|$)",
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("client_secret=_Tr7Q~", "o9du1wOEnw2d8HMjEsQhiltz", "I8Mw01Vw ")],
        &[concat!("client_secret=_Tr7Q~", "o9du1wOEnw2d8HMj"), concat!("client_secret=_Tr7Q~", "...")],
    ),
    row(
        "azure-sas-signature",
        "Azure shared access signature",
        "Microsoft",
        &["sig="],
        "[?&;]sig=([0-9A-Za-z%/+]{43,60}(?:%3[dD]|=))",
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("https://acct.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=co&sp=rl&se=2030-01-01T00:00:00Z&sig=", "t3cgUNmsmH6mKpAHCgifKDyS", "bKdVznABBez+3dpf6PN%3D")],
        &[concat!("https://acct.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=co&sp=rl&se=2030-01-01T00:00:00Z&sig=", "t3cgUNmsmH6mKpAHCgifKDyS", "bKd"), concat!("https://acct.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=co&sp=rl&se=2030-01-01T00:00:00Z&sig=", "t3cgUNmsmH6mKpA")],
    ),
    row(
        "azure-shared-access-key",
        "Azure Service Bus, Event Hubs or IoT Hub connection string",
        "Microsoft",
        &["SharedAccessKey"],
        "SharedAccessKey=([0-9A-Za-z+/]{43}=)",
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=", "jetKIDqweW5zfu3f7575Wiiv", "1f2pyG0jNyJFcEfj6Q0=")],
        &[concat!("Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=", "jetKIDqweW5zfu3f7575Wiiv", "1f"), concat!("Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=", "jetKIDqweW5zfu")],
    ),
    row(
        "azure-app-configuration",
        "Azure App Configuration connection string",
        "Microsoft",
        &["azconfig.io"],
        r"azconfig\.io;Id=[0-9A-Za-z+/:\-]{4,40};Secret=([0-9A-Za-z+/]{36,}={0,2})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("Endpoint=https://app.azconfig.io;Id=EE7i-l0-s0:ga6TGUA1bPjva1FNNgTJ;Secret=", "ZYpPwcMhmTQTvA8I8uKkxbFv", "5cd7cq68BX1R4lQf6C9=")],
        &[concat!("Endpoint=https://app.azconfig.io;Id=EE7i-l0-s0:ga6TGUA1bPjva1FNNgTJ;Secret=", "ZYpPwcMhmTQTvA8I8uKkxbFv", "5c"), concat!("Endpoint=https://app.azconfig.io;Id=EE7i-l0-s0:ga6TGUA1bPjva1FNNgTJ;Secret=", "ZYpPwcMhmTQTvA")],
    ),
    row(
        "azure-cosmos-key",
        "Azure Cosmos DB or Batch account key in a connection string",
        "Microsoft",
        &[".documents.azure.com"],
        r"documents\.azure\.com(?::\d{1,5})?/?;AccountKey=([0-9A-Za-z+/]{86}==)",
    )
    .named()
    .entropy(4.5)
    .tried(
        &[concat!("AccountEndpoint=https://db.documents.azure.com:443/;AccountKey=", "GFUTACsoEFUutSJwu6vL4gpO", "ovt5AQHHOMmg3XW6qzD0oSPB", "oyw9Wmx6TttiNy4Z/d5kJmte", "PkUH25jduGVVAW==;")],
        &[concat!("AccountEndpoint=https://db.documents.azure.com:443/;AccountKey=", "GFUTACsoEFUutSJwu6vL4gpO", "ovt5AQHHOMmg3XW6qzD0oSPB", "oyw9"), concat!("AccountEndpoint=https://db.documents.azure.com:443/;AccountKey=", "GFUTACsoEFUutSJwu6vL4gpO", "ovt5A")],
    ),
    row(
        "azure-subscription-key",
        "Azure API Management or AI services subscription key",
        "Microsoft",
        &["subscription-key", "subscription_key", "subscriptionkey"],
        r#"(?i)subscription[_\-]?key["\x27\]]{0,2}\s{0,3}[:=,]\s{0,3}["\x27]?([0-9a-f]{32})\b"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("Ocp-Apim-Subscription-Key: ", "c1f3ef9dcd81d27c2f426b44", "d3629b3b")],
        &[concat!("Ocp-Apim-Subscription-Key: ", "c1f3ef9dcd81d27c2f4"), concat!("Ocp-Apim-Subscription-Key: ", "c1f3ef9dcd")],
    ),
    row(
        "azure-openai-key",
        "Azure OpenAI or Cognitive Services key",
        "Microsoft",
        &["azure", "cognitive"],
        near!(r"azure[\w.\- ]{0,12}(?:openai|cognitive|speech|search|maps|key|secret)|cognitive", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AZURE_SECRET_KEY=", "1617259d3bca4ada43922df7", "f0d5ffc4")],
        &[concat!("AZURE_SECRET_KEY=", "1617259d3bca4ada439"), concat!("AZURE_SECRET_KEY=", "1617259d3b")],
    ),
    row(
        "azure-hub-access-key",
        "Azure notification hub access key",
        "Microsoft",
        &["hubaccess", "hub_access", "azure", "notification"],
        near!("hub|azure|notification", "[0-9A-Za-z+/]{43}="),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("HUBACCESS_SECRET_KEY=", "Nv6LFCsikGWLC/Q39l7ZkMgq", "TpGUrEMheGDpkikG8Bz=")],
        &[concat!("HUBACCESS_SECRET_KEY=", "Nv6LFCsikGWLC/Q39l7ZkMgq", "Tp"), concat!("HUBACCESS_SECRET_KEY=", "Nv6LFCsikGWLC/")],
    ),
    row(
        "azure-search-key",
        "Azure AI Search key",
        "Microsoft",
        &["azure", "search"],
        near!("azure|search", r"[0-9A-Za-z]{52}\b"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AZURE_SECRET_KEY=", "2YpNpfhObHX5duHyBqti7exy", "BmGw3O2YEbIKhUNopBzMYDep", "p3ws")],
        &[concat!("AZURE_SECRET_KEY=", "2YpNpfhObHX5duHyBqti7exy", "BmGw3O2"), concat!("AZURE_SECRET_KEY=", "2YpNpfhObHX5duHyB")],
    ),
    row(
        "azure-function-url",
        "Azure Functions key in a URL",
        "Microsoft",
        &[".azurewebsites.net"],
        r#"azurewebsites\.net/api/[^\s"\x27?]{1,100}\?(?:[\w=&%\-]{0,80}&)?code=([0-9A-Za-z/+_\-%]{40,70}(?:==|%3D%3D)?)"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("https://fn.azurewebsites.net/api/run?code=", "OUg3bTYEeEFHFsDpaFbrbiHN", "Ft9birjrzjOXvdOxCwnT-HUY", "GM_vLE==")],
        &[concat!("https://fn.azurewebsites.net/api/run?code=", "OUg3bTYEeEFHFsDpaFbrbiHN", "Ft9birjrz"), concat!("https://fn.azurewebsites.net/api/run?code=", "OUg3bTYEeEFHFsDpaF")],
    ),
    row(
        "azure-container-registry-key",
        "Azure Container Registry password",
        "Microsoft",
        &["+ACR"],
        r"\b[0-9A-Za-z+/]{42}\+ACR[0-9A-Za-z]{6}\b",
    )
    .entropy(4.0)
    .tried(
        &[concat!("AJMIDjHcankCLMF4iH+VqCz8", "UjrbWRGEj4v0KFwnoU+ACRFi", "xnee")],
        &[concat!("AJMIDjHcankCLMF4iH+VqCz8", "UjrbWRG"), "AJMIDjHcankCLMF4i"],
    ),
    row(
        "microsoft-teams-webhook",
        "Microsoft Teams incoming webhook",
        "Microsoft",
        &["webhook.office.com", "outlook.office.com/webhook"],
        r"(?:webhook\.office\.com/webhookb2|outlook\.office\.com/webhook)/([0-9A-Za-z]{8}-[0-9A-Za-z\-@]{27,}/IncomingWebhook/[0-9A-Za-z]{32}/[0-9A-Za-z\-]{36})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://corp.webhook.office.com/webhookb2/", "ed677533-6f7c-4150-a7a0-", "588b3a8b4ad9@2dffb7d7-1c", "a4-4c31-af11-d7ff095cf1c", "e/IncomingWebhook/f514fb", "d84feddbb42e9d98899e5ae7", "fb/1c3a87e7-9ff2-46bb-ae", "d9-8830f4e6e156")],
        &[concat!("https://corp.webhook.office.com/webhookb2/", "ed677533-6f7c-4150-a7a0-", "588b3a8b4ad9@2dffb7d7-1c", "a4-4c31-af11-d7ff095cf1c", "e/IncomingWebhook/f514f"), concat!("https://corp.webhook.office.com/webhookb2/", "ed677533-6f7c-4150-a7a0-", "588b3a8b4ad9@2dffb7d7-1c", "a4-4c")],
    ),
    row(
        "power-automate-url",
        "Power Automate or Logic Apps trigger URL",
        "Microsoft",
        &["logic.azure.com", "powerplatform.com"],
        r#"(?:logic\.azure\.com|powerplatform\.com)(?::443)?/[^\s"\x27]{10,}[?&]sig=([\w\-]{40,48})"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("https://prod-1.westeurope.logic.azure.com:443/workflows/51667bcf49e023425c72aac175006197/triggers/manual/paths/invoke?api-version=2016-06-01&sig=", "ZQwy1finzHoOmi8mFiu2V3qe", "7dt89SAY4IEqPngfYi9")],
        &[concat!("https://prod-1.westeurope.logic.azure.com:443/workflows/51667bcf49e023425c72aac175006197/triggers/manual/paths/invoke?api-version=2016-06-01&sig=", "ZQwy1finzHoOmi8mFiu2V3qe", "7"), concat!("https://prod-1.westeurope.logic.azure.com:443/workflows/51667bcf49e023425c72aac175006197/triggers/manual/paths/invoke?api-version=2016-06-01&sig=", "ZQwy1finzHoOmi")],
    ),
    row(
        "azure-appcenter-token",
        "Visual Studio App Center token",
        "Microsoft",
        &["appcenter"],
        near!("appcenter", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("APPCENTER_SECRET_KEY=", "85cb8ed9ac27aea733038a36", "703799625d885999")],
        &[concat!("APPCENTER_SECRET_KEY=", "85cb8ed9ac27aea733038a36"), concat!("APPCENTER_SECRET_KEY=", "85cb8ed9ac27a")],
    ),
    row(
        "microsoft-refresh-token",
        "Microsoft identity platform refresh token",
        "Microsoft",
        &["0.A", "1.A", "M.C"],
        r"\b[01]\.A[\w-]{24,30}\.Ag[\w-]{200,}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("1.A", "z84b8OcM66F9UQF3kdYim0iU", "Z.Ag1Hbc0B4-u_jZpOsTvKEV", "QQUYTvNXpAR4TZmWYplyqXzn", "kFuEVr-75kayLH5x7x5CNTKj", "cNkmbcA-HnQSlrooNnK6Xm6z", "jMNQi7BOGlY9cFhOKMh9VXfH", "Ll9OCaAUecUk5XkCwr4JtIxl", "RMQf3DjgSWspiJkqutWh-X8a", "UcICFgGS_Hn4VW-xzzPdt1pB", "BORCeklEnF6xl6_kgSA1EH")],
        &[concat!("1.A", "z84b8OcM66F9UQF3kdYim0iU", "Z.Ag1Hbc0B4-u_jZpOsTvKEV", "QQUYTvNXpAR4TZmWYplyqXzn", "kFuEVr-75kayLH5x7x5CNTKj", "cNkmbcA-HnQSlrooNnK6Xm6z", "jMNQi7BOGlY9cFhOKMh9V"), concat!("1.A", "...")],
    ),
];
