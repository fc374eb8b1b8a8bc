"""Filters as SQL: missing values fit negative conditions and no other."""

import datetime

from calendar_dates import EPOCH, MICROSECOND
from engines import COLUMNS, name

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
DAY = 24 * 3600 * 1_000_000


class Conditions:
    def __init__(self, engine, calendar):
        self.engine, self.calendar = engine, calendar

    def entity(self, event, properties):
        """An event by its name, None for every one, with its own conditions."""
        named = f"event = {self.engine.text(event)}" if event is not None else "true"
        return f"({named} AND {self.group(properties or [])})"

    def group(self, group):
        if isinstance(group, list):
            group = {"type": "AND", "values": group}
        members = [self.group(member) if "values" in member else self.one(member) for member in group["values"]]
        return "(" + f" {group['type']} ".join(members) + ")" if members else "true"

    def one(self, condition):
        column, of = name(condition["key"]), COLUMNS[condition["key"]]
        operator, value = condition.get("operator", "exact"), condition.get("value")
        if operator == "is_set":
            return f"({column} IS NOT NULL)"
        if operator == "is_not_set":
            return f"({column} IS NULL)"
        positive = {"is_not": "exact", "not_in": "in", "not_icontains": "icontains", "not_regex": "regex"}
        positive["not_between"] = "between"
        if operator in positive:
            return f"({column} IS NULL OR NOT {self.holds(column, of, positive[operator], value)})"
        return f"({column} IS NOT NULL AND {self.holds(column, of, operator, value)})"

    def holds(self, column, of, operator, value):
        values = value if isinstance(value, list) else [value]
        if operator in ("exact", "in"):
            return f"({column} IN ({', '.join(self.literal(of, value) for value in values)}))"
        if operator in COMPARISONS:
            return f"({column} {COMPARISONS[operator]} {value})"
        if operator == "between":
            return f"({column} BETWEEN {values[0]} AND {values[1]})"
        if operator.startswith("is_date_"):
            return self.date(self.engine.as_micros(column), operator, value)
        test = {"icontains": self.engine.contains, "regex": self.engine.matches}[operator]
        text = column if of == "text" else self.engine.as_text(column)
        return "(" + " OR ".join(test(text, str(value)) for value in values) + ")"

    def literal(self, of, value):
        if of == "text":
            return self.engine.text(str(value))
        return str(value).lower()

    def date(self, time, operator, value):
        """A text that is no date fits none of these."""
        if len(value) == len("2021-03-14"):
            first = self.calendar.micros(datetime.datetime.fromisoformat(value))
            after = self.calendar.micros(datetime.datetime.fromisoformat(value) + datetime.timedelta(days=1))
        else:
            first = (datetime.datetime.fromisoformat(value) - EPOCH) // MICROSECOND
            after = first + 1
        test = {
            "is_date_exact": f"{time} >= {first} AND {time} < {after}",
            "is_date_before": f"{time} < {first}",
            "is_date_after": f"{time} >= {after}",
        }[operator]
        return f"coalesce({test}, false)"
