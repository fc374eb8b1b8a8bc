/** The components of every AI result, each in each of its states: what a product's page is put together from. */

import { PRODUCT_SECTIONS } from "@/features/gallery/product-sections";
import { SECTIONS } from "@/features/gallery/sections";
import type { Section } from "@/features/gallery/specimen";
import { usePageTitle } from "@/lib/page-title";

const ALL = [...SECTIONS, ...PRODUCT_SECTIONS];

export default function Gallery() {
  usePageTitle("Gallery");
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold tracking-tight">Gallery</h1>
      <p className="mt-1 max-w-prose text-muted">
        What every AI result is shown with, in each of its states. The data is made up; nothing here is sent anywhere.
      </p>
      <nav aria-label="Components" className="mt-4">
        <ul className="flex flex-wrap gap-x-3 gap-y-1 text-sm">
          {ALL.map((section) => (
            <li key={section.id}>
              <a href={`#${section.id}`} className="text-accent underline underline-offset-3">
                {section.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {ALL.map((section) => (
        <SectionView key={section.id} section={section} />
      ))}
    </div>
  );
}

function SectionView({ section }: { section: Section }) {
  return (
    <section
      id={section.id}
      aria-labelledby={`${section.id}-title`}
      className="mt-8 scroll-mt-20 gap-x-8 border-t border-line pt-6 lg:grid lg:grid-cols-[13rem_1fr]"
    >
      <div className="mb-4 lg:sticky lg:top-20 lg:self-start">
        <h2 id={`${section.id}-title`} className="font-semibold">
          {section.title}
        </h2>
        <p className="text-sm text-muted">{section.about}</p>
      </div>
      <ul className="min-w-0 space-y-6">
        {section.specimens.map((specimen) => (
          <li key={specimen.name} data-specimen={`${section.id}/${specimen.name}`} className="min-w-0 space-y-1.5">
            <p className="text-xs text-muted">{specimen.name}</p>
            {specimen.node}
          </li>
        ))}
      </ul>
    </section>
  );
}
