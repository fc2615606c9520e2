# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""The few forms of Grafana panels that the dashboards are made of. Positions follow from the order of the panels."""

SCHEMA_VERSION = 39  # Grafana 10.4; later ones upgrade it as they load it
GRID_WIDTH = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
DASHBOARDS = {
    "petrel-cluster": "Petrel / Cluster",
    "petrel-topics-and-groups": "Petrel / Topics and groups",
    "petrel-operator": "Petrel / Operator",
}


def steps(*pairs):
    """Colours of a value: ("green", None), ("red", 5): red from 5 on."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in pairs]}


GREEN = steps(("green", None))
BLUE = steps(("blue", None))
ZERO_IS_GOOD = steps(("green", None), ("red", 1))
ZERO_IS_BAD = steps(("red", None), ("green", 1))


def target(expr, legend, letter="A", table=False):
    query = {"datasource": DATASOURCE, "editorMode": "code", "expr": expr, "legendFormat": legend, "refId": letter}
    query.update({"format": "table", "instant": True, "range": False} if table
                 else {"format": "time_series", "instant": False, "range": True})
    return query


def panel(kind, title, description, queries, unit, width, height, defaults, options):
    return {
        "type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": queries,
        "fieldConfig": {"defaults": {"unit": unit, **defaults}, "overrides": []},
        "options": options, "gridPos": {"w": width, "h": height},
    }


def stat(title, description, expr, unit="short", thresholds=BLUE, width=4, decimals=None):
    """The newest value, large."""
    defaults = {"color": {"mode": "thresholds"}, "thresholds": thresholds, "mappings": []}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {
        "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return panel("stat", title, description, [target(expr, "")], unit, width, 4, defaults, options)


def graph(title, description, *lines, unit="short", width=8, height=8, stacked=False, thresholds=None, maximum=None):
    """Lines over time; each of `lines` is (expression, legend)."""
    custom = {
        "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": 30 if stacked else 8,
        "showPoints": "never", "spanNulls": False, "axisPlacement": "auto", "scaleDistribution": {"type": "linear"},
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if thresholds else "off"},
    }
    defaults = {"color": {"mode": "palette-classic"}, "custom": custom, "min": 0, "mappings": [],
                "thresholds": thresholds or GREEN}
    if maximum is not None:
        defaults["max"] = maximum
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    queries = [target(expr, legend, chr(ord("A") + i)) for i, (expr, legend) in enumerate(lines)]
    return panel("timeseries", title, description, queries, unit, width, height, defaults, options)


def table(title, description, keys, columns, width=24, height=8):
    """One row for each combination of the labels `keys`; a column is (name, expression, unit)."""
    queries = [target(expr, "", chr(ord("A") + i), table=True) for i, (_, expr, _) in enumerate(columns)]
    made = panel("table", title, description, queries, "short", width, height,
                 {"color": {"mode": "thresholds"}, "thresholds": GREEN, "mappings": [],
                  "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True}},
                 {"showHeader": True, "cellHeight": "sm", "sortBy": [{"desc": True, "displayName": columns[0][0]}],
                  "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""}})
    values = [f"Value #{query['refId']}" for query in queries]
    # A lone query's column has no letter.
    if len(values) == 1:
        values = ["Value"]
    made["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {
            "excludeByName": {"Time": True},
            "indexByName": {name: i for i, name in enumerate(list(keys) + values)},
            "renameByName": {**keys, **{value: name for value, (name, _, _) in zip(values, columns)}},
        }},
    ]
    made["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": unit}]}
        for name, _, unit in columns]
    return made


def row(title, *panels):
    return {"type": "row", "title": title, "collapsed": False, "gridPos": {"w": GRID_WIDTH, "h": 1},
            "panels": []}, list(panels)


def place(rows):
    """Panels of each row from left to right, a new line where the width is used up."""
    placed = []
    y = 0
    for heading, panels in rows:
        heading["gridPos"].update({"x": 0, "y": y})
        placed.append(heading)
        y += 1
        x = line_height = 0
        for item in panels:
            grid = item["gridPos"]
            if x + grid["w"] > GRID_WIDTH:
                x, y, line_height = 0, y + line_height, 0
            grid.update({"x": x, "y": y})
            x += grid["w"]
            line_height = max(line_height, grid["h"])
            placed.append(item)
        y += line_height
    for number, item in enumerate(placed, 1):
        item["id"] = number
    return placed


def variable(name, label, query, several=False):
    """A choice among the values that a query finds."""
    made = {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE, "hide": 0,
        "definition": query, "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2, "regex": "", "sort": 1, "multi": several, "includeAll": several,
        "skipUrlSync": False, "options": [], "current": {},
    }
    if several:
        made.update({"allValue": ".*", "current": {"selected": True, "text": ["All"], "value": ["$__all"]}})
    return made


def dashboard(uid, description, variables, rows):
    source = {
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "hide": 0,
        "refresh": 1, "regex": "", "multi": False, "includeAll": False, "skipUrlSync": False, "options": [],
        "current": {},
    }
    links = [{"type": "link", "title": title, "url": f"/d/{other}", "icon": "dashboard", "tags": [], "tooltip": "",
              "asDropdown": False, "includeVars": True, "keepTime": True, "targetBlank": False}
             for other, title in DASHBOARDS.items() if other != uid]
    alerts = {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
              "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard"}
    return {
        "uid": uid, "title": DASHBOARDS[uid], "description": description, "tags": ["petrel", "rocketmq"],
        "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": True, "graphTooltip": 1, "fiscalYearStartMonth": 0,
        "refresh": "30s", "timezone": "browser", "time": {"from": "now-1h", "to": "now"}, "timepicker": {},
        "annotations": {"list": [alerts]}, "links": links, "liveNow": False, "weekStart": "",
        "templating": {"list": [source] + variables}, "panels": place(rows),
    }
