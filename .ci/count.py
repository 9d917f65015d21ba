"""Prints "PASSED FAILED" of a vitest JSON report or a JUnit XML report."""

import json
import sys
import xml.etree.ElementTree as xml

path = sys.argv[1]
if path.endswith(".json"):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    print(report["numPassedTests"], report["numFailedTests"])
else:
    suites = xml.parse(path).getroot().iter("testsuite")
    passed = failed = 0
    for suite in suites:
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        failed += bad
        passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
    print(passed, failed)
