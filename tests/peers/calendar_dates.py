"""Ranges of time and their intervals, by the rules of the documentation, in a time zone."""

import calendar
import datetime
import re
from zoneinfo import ZoneInfo

UNITS = {"h": "hours", "d": "days", "w": "weeks", "M": "minutes", "s": "seconds"}
MONTHS = {"m": 1, "q": 3, "y": 12}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def add_months(time, months):
    """The same day of another month, or the last one of it."""
    month = time.year * 12 + time.month - 1 + months
    year, month = divmod(month, 12)
    day = min(time.day, calendar.monthrange(year, month + 1)[1])
    return time.replace(year=year, month=month + 1, day=day)


class Calendar:
    """Wall clock times, without a zone of their own, and microseconds since 1970."""

    def __init__(self, zone):
        self.zone = ZoneInfo(zone)

    def local(self, micros):
        time = EPOCH + datetime.timedelta(microseconds=micros)
        return time.astimezone(self.zone).replace(tzinfo=None)

    def micros(self, local):
        return (local.replace(tzinfo=self.zone) - EPOCH) // MICROSECOND

    @staticmethod
    def start(interval, time):
        """The start of the interval that holds a time; weeks begin on Sunday."""
        if interval == "hour":
            return time.replace(minute=0, second=0, microsecond=0)
        day = time.replace(hour=0, minute=0, second=0, microsecond=0)
        if interval == "week":
            return day - datetime.timedelta(days=(day.weekday() + 1) % 7)
        if interval == "month":
            return day.replace(day=1)
        if interval == "quarter":
            return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
        if interval == "year":
            return day.replace(day=1, month=1)
        return day

    @staticmethod
    def later(interval, start, count=1):
        if interval == "month":
            return add_months(start, count)
        hours = {"hour": 1, "day": 24, "week": 168}[interval]
        return start + datetime.timedelta(hours=hours * count)

    def end(self, unit, time):
        return self.later(unit, self.start(unit, time)) - MICROSECOND

    def starts(self, interval, first, last):
        """The intervals of a range, from the one that holds its start to the one that holds its end."""
        found, start = [], self.start(interval, self.local(first))
        while start <= self.local(last):
            found.append(start)
            start = self.later(interval, start)
        return found

    @staticmethod
    def shown(interval, start):
        return start.strftime("%Y-%m-%d %H:%M:%S" if interval == "hour" else "%Y-%m-%d")

    def range(self, asked, interval, now, span):
        """The first and the last microsecond of a range; `interval` is None for a total."""
        now, (first, last) = self.local(now), map(self.local, span)
        text = asked.get("date_from") or "-7d"
        if text == "all":
            begin = self.start("day", first)
        else:
            time, unit = self.point(text, now)
            begin = self.start(unit, time) if unit else time
        text = asked.get("date_to")
        if text is None:
            end = min(last, now) if asked.get("date_from") == "all" else now
            end = self.end("hour" if interval == "hour" else "day", end)
        else:
            time, unit = self.point(text, now)
            end = self.end(unit, time) if unit else time
        return self.micros(begin), self.micros(end)

    def point(self, text, now):
        """A time, and the unit that is meant with it as a whole, if any."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.datetime.fromisoformat(text), "day"
        if re.match(r"\d{4}-", text):
            time = datetime.datetime.fromisoformat(text)
            return time.astimezone(self.zone).replace(tzinfo=None), None
        minus, count, unit, anchor = re.fullmatch(r"(-?)(\d*)([smhdwMqy])(Start|End|)", text).groups()
        count = int(count) if count else len(minus)
        if unit in MONTHS:
            time = add_months(now, -count * MONTHS[unit])
        else:
            time = now - datetime.timedelta(**{UNITS[unit]: count})
        if not anchor:
            return time, {"s": None, "M": None, "h": "hour"}.get(unit, "day")
        name = {"h": "hour", "d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}[unit]
        if anchor == "Start":
            return self.start(name, time), None
        return self.end(name, time), None
