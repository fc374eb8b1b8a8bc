/** What Hedgerow can do here, by product, from what is installed. Every example fills the ask box. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { asReport } from "@/api/client";
import { productsQuery, suggestionsQuery, toolsQuery } from "@/api/queries";
import type { ProductInfo, ToolInfo } from "@/api/types";
import { useProject } from "@/app/project";
import { fillQuestion } from "@/features/chat/draft-question";
import { Stage } from "@/features/products/stage";
import { usePageTitle } from "@/lib/page-title";
import { Button } from "@/ui/button";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Icon, ProductIcon } from "@/ui/icons";
import { JsonFacts } from "@/ui/json-facts";
import { StatusLine } from "@/ui/status-line";

export default function CapabilitiesPage() {
  const project = useProject();
  usePageTitle("Capabilities");
  const products = useQuery(productsQuery(project.id));
  const tools = useQuery(toolsQuery(project.id));
  const suggestions = useQuery(suggestionsQuery(project.id, "/capabilities"));
  const error = products.error ?? tools.error;
  const known = new Set(products.data?.data.flatMap((product) => product.tools.map((tool) => tool.name)));
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold tracking-tight">Capabilities</h1>
      <p className="max-w-prose text-muted">
        What you can ask for in {project.id}. An example goes into the box below, where you can change it; a slash there
        lists all of this, too.
      </p>
      <div className="mt-6 space-y-8">
        {(products.isPending || tools.isPending) && <StatusLine text="Reading what is installed" />}
        {error && (
          <ErrorCard
            title="What is installed could not be read"
            error={asReport(error)}
            onRetry={() => {
              void products.refetch();
              void tools.refetch();
            }}
          />
        )}
        {suggestions.data && suggestions.data.length > 0 && (
          <section aria-labelledby="to-begin" className="space-y-2">
            <h2 id="to-begin" className="text-lg font-semibold">
              To begin with
            </h2>
            <Examples examples={suggestions.data.map((text) => ({ text, modes: [] }))} />
          </section>
        )}
        {products.data?.data.length === 0 && <Empty icon="box" title="No product is installed" />}
        {products.data && tools.data && (
          <>
            {products.data.data.map((product) => (
              <ProductCapabilities key={product.name} product={product} tools={tools.data} />
            ))}
            <Everywhere tools={tools.data.filter((tool) => !known.has(tool.name))} />
          </>
        )}
      </div>
    </div>
  );
}

interface Example {
  text: string;
  modes: string[];
}

function Examples({ examples }: { examples: Example[] }) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {examples.map((example) => (
        <li key={example.text} className="min-w-0">
          <Button
            size="small"
            className="py-1 text-left"
            title="Put this into the ask box"
            onClick={() => fillQuestion(example.text, example.modes)}
          >
            <Icon name="chat" className="text-muted" />
            <span className="min-w-0 [overflow-wrap:anywhere]">{example.text}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function ProductCapabilities({ product, tools }: { product: ProductInfo; tools: ToolInfo[] }) {
  const own = product.tools.flatMap(({ name }) => tools.find((tool) => tool.name === name) ?? []);
  const modeOf = (tool: string) => product.modes.filter((mode) => mode.tools.includes(tool)).map((mode) => mode.name);
  const offered = product.suggestions.map(({ text }) => ({ text, modes: [] }));
  return (
    <section aria-labelledby={`product-${product.name}`} className="space-y-3">
      <div className="flex flex-wrap items-center gap-x-3">
        <ProductIcon name={product.icon} className="text-xl text-muted" />
        <h2 id={`product-${product.name}`} className="text-lg font-semibold">
          {product.title}
        </h2>
        <Stage stage={product.stage} />
        <Link to="/products" hash={product.name} className="text-xs text-muted underline underline-offset-3">
          Who looks after it
        </Link>
      </div>
      {product.modes.map((mode) => (
        <div key={mode.name} className="space-y-1 text-sm">
          <p className="max-w-prose [overflow-wrap:anywhere]">{mode.when}</p>
          {mode.jobs.length > 0 && <p className="text-muted">Worked out already: {mode.jobs.join("; ")}.</p>}
        </div>
      ))}
      {offered.length > 0 && <Examples examples={offered} />}
      <ul className="grid gap-3 lg:grid-cols-2">
        {own.map((tool) => (
          <li key={tool.name}>
            <ToolView tool={tool} modes={modeOf(tool.name)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ToolView({ tool, modes }: { tool: ToolInfo; modes: string[] }) {
  return (
    <article className="flex h-full flex-col gap-2 rounded-xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <h3 className="font-medium">{tool.title}</h3>
        <code className="font-mono text-xs text-muted">/{tool.name}</code>
      </div>
      <p className="text-sm text-muted [overflow-wrap:anywhere]">{tool.description}</p>
      {tool.examples.length > 0 && (
        <Examples examples={tool.examples.map(({ purpose }) => ({ text: purpose, modes }))} />
      )}
      {tool.examples[0] && (
        <Disclosure label="How it is called">
          <ul className="space-y-3">
            {tool.examples.map((example) => (
              <li key={example.purpose} className="space-y-1">
                <p className="text-sm">{example.purpose}</p>
                <JsonFacts value={example.arguments} />
              </li>
            ))}
          </ul>
          <p className="mt-2 text-xs text-muted">
            Needs the right <code className="font-mono">{tool.access}</code>.
          </p>
        </Disclosure>
      )}
    </article>
  );
}

/** Tools that are there whatever is asked. They are the agent's own, so nobody has to ask for them. */
function Everywhere({ tools }: { tools: ToolInfo[] }) {
  if (tools.length === 0) return null;
  return (
    <section aria-labelledby="everywhere" className="space-y-2">
      <h2 id="everywhere" className="text-lg font-semibold">
        Whatever you ask
      </h2>
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface text-sm">
        {tools.map((tool) => (
          <li key={tool.name} className="px-4 py-2">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium">{tool.title}</span>
              <code className="font-mono text-xs text-muted">{tool.name}</code>
            </p>
            <p className="text-muted [overflow-wrap:anywhere]">{tool.description}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
