/** Pages of kinds of objects whose product has none in its own folder yet. A product's own come first. */

import type { ObjectUi } from "@/app/product";
import { actions } from "@/features/objects/kinds/actions";
import { cohorts } from "@/features/objects/kinds/cohorts";
import { featureFlags } from "@/features/objects/kinds/feature-flags";
import { dashboards, insights } from "@/features/objects/kinds/insights";
import { notebooks } from "@/features/objects/kinds/notebooks";

export const OBJECT_PAGES: ObjectUi[] = [featureFlags, insights, dashboards, cohorts, actions, notebooks];
