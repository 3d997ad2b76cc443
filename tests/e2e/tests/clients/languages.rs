//! Clients of script languages. Some bring trust anchors of their own.

use ringfence_e2e::client::Client;

use crate::{python_environment, python_urllib, run};

#[test]
fn clients_of_script_languages() {
    let (venv, shown) = python_environment();
    let python = format!("{venv}/bin/python");
    let local = |body: &str| format!("{python} -c \"{body}\" 2>&1");
    let version =
        |module: &str| format!("{python} -c 'import {module}; print({module}.__version__)'");
    let versions = ["requests", "httpx", "aiohttp", "certifi", "boto3"].map(version);
    let requests = local("import os,requests; print(requests.get(os.environ['URL']+'/').text)");
    let httpx = local("import os,httpx; print(httpx.get(os.environ['URL']+'/').text)");
    let aiohttp = local(
        "import os,asyncio,aiohttp
async def main():
    async with aiohttp.ClientSession(trust_env=True) as s:
        async with s.get(os.environ['URL']+'/') as r: print(await r.text())
asyncio.run(main())",
    );
    let boto = local(
        "import os,boto3
from botocore.config import Config
s3=boto3.client('s3', endpoint_url=os.environ['URL'], region_name='x', aws_access_key_id='x', aws_secret_access_key='x', config=Config(retries={'max_attempts': 0}))
print(s3.get_object(Bucket='bucket', Key='key')['Body'].read().decode())",
    );
    let certifi = local(&python_urllib(
        "ssl.create_default_context(cafile=__import__('certifi').where())",
    ));
    let system_urllib = format!("/usr/bin/python3 -c \"{}\"", python_urllib("None"));
    let debian = "/usr/bin/python3 -c \"import os,requests; print(requests.get(os.environ['URL']+'/').text)\"";
    run(&[
        Client {
            name: "python urllib (ssl)",
            needs: &["/usr/bin/python3"],
            version: "/usr/bin/python3 -V | cut -d' ' -f2",
            fetch: &system_urllib,
            ..Client::default()
        },
        Client {
            name: "python requests of the distribution",
            needs: &["/usr/lib/python3/dist-packages/requests/__init__.py"],
            version: "/usr/bin/python3 -c 'import requests; print(requests.__version__)'",
            fetch: debian,
            ..Client::default()
        },
        Client {
            name: "python requests",
            needs: &[&python],
            version: &versions[0],
            fetch: &requests,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python httpx",
            needs: &[&python],
            version: &versions[1],
            fetch: &httpx,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python aiohttp",
            needs: &[&python],
            version: &versions[2],
            fetch: &aiohttp,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "boto3",
            needs: &[&python],
            version: &versions[4],
            fetch: &boto,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python, explicit certifi.where()",
            needs: &[&python],
            version: &versions[3],
            fetch: &certifi,
            shown: &shown,
            caller: &[("VIRTUAL_ENV", &venv)],
            ..Client::default()
        },
        Client {
            name: "node fetch",
            needs: &["node"],
            version: "node --version",
            fetch: "node -e \"fetch(process.env.URL+'/').then(r=>r.text()).then(t=>console.log(t)).catch(e=>console.log(e,e.cause))\"",
            ..Client::default()
        },
        Client {
            name: "node https.get",
            needs: &["node"],
            version: "node --version",
            fetch: "node -e \"require('https').get(process.env.URL+'/',r=>r.pipe(process.stdout)).on('error',e=>console.log(e))\"",
            ..Client::default()
        },
        Client {
            name: "perl LWP",
            needs: &["perl", "/usr/share/perl5/LWP/Protocol/https.pm"],
            version: "perl -MLWP -e 'print LWP->VERSION'",
            fetch: "perl -MLWP::UserAgent -e 'print LWP::UserAgent->new(env_proxy => 1, timeout => 20)->get(\"$ENV{URL}/\")->content'",
            ..Client::default()
        },
        Client {
            name: "ruby open-uri",
            needs: &["ruby"],
            version: "ruby -e 'puts RUBY_VERSION'",
            fetch: "ruby -ropen-uri -e 'begin; puts URI.open(ENV[\"URL\"] + \"/\").read; rescue OpenURI::HTTPError => e; puts e.message, e.io.read; end'",
            ..Client::default()
        },
        Client {
            name: "php curl",
            needs: &["php"],
            version: "php -r 'echo extension_loaded(\"curl\") ? curl_version()[\"version\"] : \"no curl\";'",
            fetch: "php -r '$c = curl_init(getenv(\"URL\").\"/\"); curl_exec($c); echo curl_error($c);'",
            ..Client::default()
        },
        Client {
            name: "php streams",
            needs: &["php"],
            version: "php -r 'echo PHP_VERSION;'",
            fetch: "php -r 'echo file_get_contents(getenv(\"URL\").\"/\", false, stream_context_create([\"http\" => [\"ignore_errors\" => true]]));'",
            ..Client::default()
        },
    ]);
}
