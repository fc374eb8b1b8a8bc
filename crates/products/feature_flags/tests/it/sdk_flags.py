"""What PostHog's SDK says: flags, cohorts and cases as JSON in, one value a line out; null is inconclusive."""

import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from posthog import Posthog  # noqa: E402

given = json.load(open(sys.argv[1], encoding="utf-8"))
# Nothing listens there, and nothing is sent: flags are evaluated in this process only.
client = Posthog("phc_test", host="http://127.0.0.1:9", sync_mode=True)
client.feature_flags = given["flags"]
client.cohorts = given["cohorts"]
client.group_type_mapping = given["group_types"]
for case in given["cases"]:
    value = client.get_feature_flag(
        case["flag"],
        case["distinct_id"],
        person_properties=case["properties"],
        groups=case["groups"],
        group_properties=case["group_properties"],
        device_id=case["device_id"],
        only_evaluate_locally=True,
        send_feature_flag_events=False,
    )
    print(json.dumps(value))
