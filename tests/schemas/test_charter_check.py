"""A charter with mistakes: each told once, on its line, with what would be right."""

from __future__ import annotations

import random

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.charter_check import check_charter, load_charter
from linkage.schemas.yaml_source import read_yaml

MISTAKES = {
    # section by section: what is replaced, by what, the path told, and a part of the message
    "format-version": ("charter: 1  ", "charter: 7  ", "charter", "'7' is not allowed; allowed: 1"),
    "misspelt-key": ("  aims:\n", "  amis:\n", "project.amis", "did you mean 'aims'?"),
    "misspelt-section": ("responsibilities:\n", "responsibilites:\n", "responsibilites", "did you mean 'responsibilities'?"),
    "unknown-key": ("  cycle_months: 3", "  colour: red\n  cycle_months: 3", "project.colour", "keys known here: code, name"),
    "key-twice-under-another-spelling": ("  cycle_months: 3", "  cycle_month: 3\n  cycle_months: 3", "project.cycle_month", "'cycle_months' is already there"),
    "missing-key": ("  name: 鼓楼社会工作服务中心\n\n", "\n", "organization.name", "'name' is missing"),
    "empty-value": ("  cycle_months: 3 ", "  cycle_months:   ", "project.cycle_months", "is empty"),
    "duplicate-key": ("  cycle_months: 3 ", "  cycle_months: 3\n  cycle_months: 4 ", "project.cycle_months", "was already used on line"),
    "code-in-chinese": ("code: drum-tower-canteen", "code: 鼓楼食堂", "project.code", "'鼓楼食堂': a code is lower-case letters"),
    "enum-misspelt": ("linkage_mode: social_work_led", "linkage_mode: social-work-led", "project.linkage_mode", "did you mean 'social_work_led'?"),
    "enum-in-chinese": ("kind: village\n", "kind: 村\n", "communities[0].kind", "did you mean 'village'? allowed: village (村)"),
    "enum-far-off": ("kind: village\n", "kind: galaxy\n", "communities[0].kind", "allowed: village (村), urban (城市社区)"),
    "number-as-text": ("target_count: 240  ", 'target_count: "二百四十"  ', "project.beneficiaries.target_count", "'二百四十': a whole number is expected"),
    "number-negative": ("target_count: 160", "target_count: -160", "contract_units[3].target_count", "must be at least 1"),
    "number-true": ("target_count: 160", "target_count: true", "contract_units[3].target_count", "'true': a whole number is expected"),
    "date-format": ("from_on: 2024-07-01", "from_on: 2024年7月1日", "project.period.from_on", "'2024年7月1日': a day of the calendar is written as YYYY-MM-DD"),
    "date-impossible": ("due_on: 2025-04-30", "due_on: 2025-04-31", "responsibilities[4].due_on", "'2025-04-31': a day of the calendar"),
    "date-digits": ("due_on: 2025-04-30", "due_on: 20250430", "responsibilities[4].due_on", "'20250430': a day of the calendar"),
    "clock-format": ('start: "10:30"', 'start: "25:30"', "services[0].schedule.start", "'25:30': a time of day is written as"),
    "clock-number": ('start: "10:30"', "start: 1030", "services[0].schedule.start", "'1030': a time of day is written as"),
    "weekday-eight": ("weekdays: [2, 4]", "weekdays: [2, 8]", "services[1].schedule.weekdays[1]", "'8': must be at most 7"),
    "list-expected": ("roles: [provider]", "roles: provider", "parties[3].roles", "'provider': a list is expected"),
    "list-empty": ("roles: [provider]", "roles: []", "parties[3].roles", "an empty list: at least 1 entry"),
    "mapping-expected": ("contact: {tag: provider, name: 项目主管}", "contact: 项目主管", "parties[3].contact", "'项目主管': a mapping of 'key: value' lines"),
    "mapping-full-width-colon": ("contact: {tag: provider, name: 项目主管}", "contact: tag：provider", "parties[3].contact", "full-width"),
    "money-with-separators": ('"126000.00"', '"126,000.00"', "budget.lines[0].amount_yuan", "a plain number is expected here, without separators"),
    "money-too-fine": ('"126000.00"', '"126000.001"', "budget.lines[0].amount_yuan", "at most 2 decimals"),
    "priority": ("priority: 2\n", "priority: 3\n", "survey[0].needs[0].priority", "'3' is not allowed; allowed: 1, 2, 4 or 8"),
    "option-category": ("          法律咨询: legal", "          法律咨询: leagl", "survey[0].needs[0].options.法律咨询", "did you mean 'legal'?"),
    "ratio-above-one": ("answer_ratio: 0.62", "answer_ratio: 62", "simulation.answer_ratio", "must be at most 1"),
    # rules across sections
    "period-backwards": ("to_on: 2025-06-30", "to_on: 2023-06-30", "project.period.to_on", "'2023-06-30' is before the start '2024-07-01'"),
    "more-than-there-are": ("target_count: 240  ", "target_count: 2400  ", "project.beneficiaries.target_count", "more than the 306 there are"),
    "claim-without-own-source": ("  - {subject: 驻村社工, value: 3", "  - {subject: 全村人口, value: 1480, unit: 人, source: 村情简介（约数）, as_of: 2024}\n    - {subject: 驻村社工, value: 3", "project.claims[2].source", "already states this on line"),
    "duplicate-area": ("code: tower-02, name", "code: tower-01, name", "communities[0].areas[1].code", "'tower-01' was already given"),
    "duplicate-party": ("  - code: township\n", "  - code: county-civil-affairs\n", "parties[1].code", "party 'county-civil-affairs' was already given"),
    "duplicate-tranche": ("  - code: midterm\n", "  - code: initial\n", "tranches[1].code", "tranche 'initial' was already given"),
    "unknown-party": ("party: grain-shop", "party: grain-shpo", "services[10].party", "unknown party 'grain-shpo'; did you mean 'grain-shop'?"),
    "unknown-party-in-duty": ("party: third-party", "party: 评估服务机构", "responsibilities[7].party", "did you mean 'third-party' (州社会组织评估服务机构)?"),
    "unknown-party-unlike-any": ("party: third-party", "party: nobody", "responsibilities[7].party", "unknown party 'nobody'; known:"),
    "definition-misspelt": ("  - code: village-committee\n", "  - code: village-comittee\n", "services[5].party", "Or correct 'village-comittee': 'village-committee' stands on lines"),
    "unknown-contract-unit": ("contract_unit: trainings", "contract_unit: training", "services[6].contract_unit", "unknown contract unit 'training'; did you mean 'trainings'?"),
    "unknown-area": ("老井鼓楼: tower-10", "老井鼓楼: tower-12", "survey[0].area_labels.老井鼓楼", "unknown community or area 'tower-12'"),
    "unknown-service-in-simulation": ("    festival: 0.86", "    festivals: 0.86", "simulation.take_up.festivals", "unknown service 'festivals'; did you mean 'festival'?"),
    "no-purchaser": ("roles: [purchaser]", "roles: [supervising_body]", "parties", "no party has the role 'purchaser' (购买方)"),
    "assessor-is-provider": ("roles: [assessor]", "roles: [assessor, provider]", "parties[8].roles", "may not be the assessor of its own work"),
    "role-twice": ("roles: [assessor]", "roles: [assessor, assessor]", "parties[8].roles", "a role is given twice"),
    "no-consent-for-service": ("  - purpose: service\n", "  - purpose: share_assessor\n", "consents[0].purpose", "not known"),
    "consent-purpose-twice": ("  - purpose: publication\n", "  - purpose: service\n", "consents[3].purpose", "consent purpose 'service' was already given"),
    "pledge-without-agreement": ("  agreement_text: >-", "  agreement_txt: >-", "volunteers.agreement_txt", "did you mean 'agreement_text'?"),
    "summary-two-days": ("{day_of_month: 5, hour: 9}", "{day_of_month: 5, weekday: 1, hour: 9}", "reporting.community_summary", "not both"),
    "summary-no-day": ("{day_of_month: 5, hour: 9}", "{hour: 9}", "reporting.community_summary", "not neither"),
    "budget-sum": ('"24000.00"', '"24000.01"', "budget.total_yuan", "the lines sum to 280000.01 yuan, the total says 280000.00"),
    "ratio-sum": ("ratio_percent: 40", "ratio_percent: 30", "tranches", "sum to 90 %; they must sum to 100 %"),
    "cycle-out-of-range": ("    cycle: 4\n", "    cycle: 5\n", "tranches[2].cycle", "cycle 5 does not exist; the period has 4"),
    "final-too-early": ("    cycle: 4\n", "    cycle: 3\n", "tranches[2].cycle", "write 4, not 3"),
    "midterm-too-late": ("    cycle: 2\n", "    cycle: 4\n", "tranches[1].cycle", "write 1 to 3, not 4"),
    "assessment-twice": ("    assessment: final\n", "    assessment: midterm\n", "tranches[2].assessment", "was already used"),
    "gate-result-without-assessment": ("    assessment: midterm\n", "", "tranches[1].gates", "the gate 'result' waits for nothing"),
    "assessment-without-gate": ("gates: [result, documents, approval]\n    documents: [中期", "gates: [documents, approval]\n    documents: [中期", "tranches[1].assessment", "no gate waits for it; add 'result'"),
    "gate-documents-without-papers": ("    documents: [项目合同, 实施方案, 责任清单]\n", "", "tranches[0].gates", "the gate 'documents' waits for nothing"),
    "gate-twice": ("gates: [documents, approval]", "gates: [documents, approval, approval]", "tranches[0].gates", "a gate is given twice"),
    "unit-without-service": ("    contract_unit: groups\n", "", "contract_units[5].code", "no service has 'contract_unit: groups'"),
    "unit-method-differs": ("    method: meal\n    contract_unit: meals", "    method: training\n    contract_unit: meals", "services[0].method", "'training' differs from its contract unit 'meals'"),
    "minimum-does-not-fit": ("    unit: 餐\n    counts: meals", "    unit: 餐\n    counts: meals\n    per_unit: [{measure: sessions, at_least: 6}]", "contract_units[0].per_unit", "not 'meals'"),
    "ages-swapped": ("eligibility: {min_age: 16}", "eligibility: {min_age: 16, max_age: 6}", "services[6].eligibility.min_age", "'16' is above max_age 6"),
    "schedule-two-ways": ("weekdays: [2, 4]", "weekdays: [2, 4]\n      times_per_week: 4", "services[1].schedule", "exactly one of weekdays, times_per_week"),
    "schedule-no-way": ("      weekdays: [2, 4]\n", "", "services[1].schedule", "none is given"),
    "past-midnight": ('start: "19:30"\n      duration_minutes: 90', 'start: "19:30"\n      duration_minutes: 300', "services[5].schedule.duration_minutes", "runs past midnight"),
    "date-outside-period": ("- 2024-08-10 ", "- 2023-08-10 ", "services[4].schedule.on_dates[0]", "outside the project's period"),
    "aim-twice": ("contract_units:\n", "matching: {objectives: [cost, cost]}\ncontract_units:\n", "matching.objectives[1]", "'cost' was already given on line"),
    "aim-unknown": ("contract_units:\n", "matching: {objectives: [costs]}\ncontract_units:\n", "matching.objectives[0]", "did you mean 'cost'?"),
    "society-capped-twice": ("contract_units:\n", "matching: {society_caps: [{society: volunteer, max_units: 1}, {society: volunteer, max_units: 2}]}\ncontract_units:\n", "matching.society_caps[1].society", "'volunteer' was already given"),
    "quota-min-above-max": ("contract_units:\n", "matching: {community_quotas: [{community: dong-village, min_units: 3, max_units: 2}]}\ncontract_units:\n", "matching.community_quotas[0].min_units", "'3' is above max_units 2"),
    "quota-of-area": ("contract_units:\n", "matching: {community_quotas: [{community: tower-01}]}\ncontract_units:\n", "matching.community_quotas[0].community", "'tower-01' is an area; quotas are by community"),
    "quota-of-nobody": ("contract_units:\n", "matching: {community_quotas: [{community: galaxy}]}\ncontract_units:\n", "matching.community_quotas[0].community", "unknown community or area 'galaxy'"),
    "crew-min-above-target": ("{skill: 侗语, min: 1, target: 1}", "{skill: 侗语, min: 2, target: 1}", "services[1].crew[0].min", "'2' is above the target 1"),
    "crew-skill-twice": ("      - {skill: 侗语, min: 1, target: 1}\n", "      - {skill: 侗语, min: 1, target: 1}\n      - {skill: 侗语, min: 1, target: 1}\n", "services[1].crew", "a skill is listed twice"),
    "crew-without-schedule": ("    place: 寨门鼓楼食堂\n    content: 每个周期捐助", "    crew: [{min: 1, target: 1}]\n    place: 寨门鼓楼食堂\n    content: 每个周期捐助", "services[10].crew", "there is no schedule"),
    "places-below-crew": ("      duration_minutes: 150\n", "      duration_minutes: 150\n      places: 1\n", "services[0].schedule.places", "cannot hold the crew's minimum of 2"),
    "keywords-not-open": ("        open: true\n", "", "survey[0].needs[2].keywords", "add 'open: true'"),
    "options-and-open": ("        priority: 2\n        options:", "        priority: 2\n        open: true\n        options:", "survey[0].needs[0].options", "an open question has no options"),
    "bands-overlap": ("min_age: 80, max_age: 105", "min_age: 75, max_age: 105", "simulation.population[4].min_age", "overlaps the band before"),
    "band-swapped": ("min_age: 80, max_age: 105", "min_age: 80, max_age: 79", "simulation.population[4].min_age", "'80' is above max_age 79"),
    "question-without-way": ("      - question: 您还有什么", "      - question: 家里几口人\n      - question: 您还有什么", "survey[0].needs[2]", "say how answers become needs"),
    "satisfaction-sum": ('"4": 0.145', '"4": 0.155', "simulation.satisfaction", "sum to 1.01"),
    "satisfaction-scale": ('"2": 0.005', '"6": 0.005', "simulation.satisfaction.6", "ratings are 1 to 5"),
}  # fmt: skip


def test_sample_charters_are_sound(charter_path):
    """The three sample charters have nothing wrong with them."""
    charter, problems = check_charter(charter_path.read_bytes(), charter_path.name)

    assert problems == ()
    assert charter is not None
    assert charter.project.code == charter_path.stem


@pytest.mark.parametrize(("old", "new", "path", "part"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_is_one_message(drum_tower, old, new, path, part):
    """Each mistake gives exactly one message, which names its path, what is wrong and what would be right."""
    assert old in drum_tower

    charter, problems = check_charter(drum_tower.replace(old, new, 1))

    assert [path] == [problem.path for problem in problems], problems
    assert part in problems[0].message
    assert charter is None


def test_ten_mistakes_are_ten_messages_in_line_order(drum_tower):
    """Ten mistakes of ten kinds, in syntax-level, value-level and cross-section rules, give ten lines at once."""
    chosen = (
        "misspelt-key", "duplicate-key", "enum-in-chinese", "unknown-party", "date-format", "unit-without-service",
        "budget-sum", "ratio-sum", "gate-result-without-assessment", "unknown-area",
    )  # fmt: skip
    text = drum_tower
    for mistake in chosen:
        old, new, _, _ = MISTAKES[mistake]
        text = text.replace(old, new, 1)

    _, problems = check_charter(text)

    lines = text.split("\n")
    assert len(problems) == 10, "\n".join(map(str, problems))
    assert sorted(problem.line for problem in problems) == [problem.line for problem in problems]
    for key, path in (
        ("amis:", "project.amis"),
        ("cycle_months: 4", "project.cycle_months"),
        ("kind: 村", "communities[0].kind"),
        ("party: grain-shpo", "services[10].party"),
        ("from_on: 2024年7月1日", "project.period.from_on"),
        ("- code: groups", "contract_units[5].code"),
        ("total_yuan:", "budget.total_yuan"),
        ("tranches:", "tranches"),
        ("老井鼓楼: tower-12", "survey[0].area_labels.老井鼓楼"),
    ):
        line = next(number for number, line in enumerate(lines, 1) if key in line)
        assert [line] == [problem.line for problem in problems if problem.path == path], path


def test_no_consent_text_for_service_is_told(drum_tower):
    """Personal data needs consent per purpose; without one for service nothing could be done (PIPL 13)."""
    before, after = drum_tower.split("  - purpose: service\n")

    _, problems = check_charter(before + after[after.index("  - purpose: share_provider") :])

    assert [problem.path for problem in problems] == ["consents"]


def test_missing_agreement_for_pledge_is_told(drum_tower):
    """A pledge over months needs a written agreement (Zhejiang art. 21, Beijing art. 18)."""
    before, after = drum_tower.split("  agreement_text: >-")

    _, problems = check_charter(before + after[after.index("\n# 十四") :])

    assert [problem.path for problem in problems] == ["volunteers.pledge_minutes_per_month"]


def test_whole_section_missing_is_one_message(drum_tower):
    """A missing section is told once; rules that would need it keep silent."""
    before, after = drum_tower.split("\nparties:\n")

    _, problems = check_charter(before + "\n" + after[after.index("\n# 五、") :])

    assert [problem.path for problem in problems] == ["parties"]
    assert "'parties' is missing" in problems[0].message


def test_missing_code_does_not_orphan_references(drum_tower):
    """A party without its code is one mistake, although others refer to the code it should have had."""
    _, problems = check_charter(drum_tower.replace("  - code: village-committee\n    name", "  - name", 1))

    assert [problem.path for problem in problems] == ["parties[2].code"]


def test_forgotten_dash_is_one_message(drum_tower):
    """Two list entries run into one are told once, not as a repeated key for each line."""
    _, problems = check_charter(drum_tower.replace("  - code: village-committee\n", "", 1))

    assert [problem.path for problem in problems] == ["parties[1]"]


def test_contents_of_misspelt_section_are_checked(drum_tower):
    """A misspelt section is read as what it was meant to be, so mistakes inside it are told in the same run."""
    text = drum_tower.replace("\ntranches:\n", "\ntranchs:\n").replace("ratio_percent: 40", "ratio_percent: 140")

    _, problems = check_charter(text)

    assert [problem.path for problem in problems] == ["tranchs", "tranches[0].ratio_percent"]


def test_unknown_scheme_is_told_when_schemes_are_known(drum_tower):
    """The assessment scheme is compared with the configured ones when the caller knows them."""
    _, problems = check_charter(drum_tower, schemes={"four-band", "performance"})

    assert [problem.path for problem in problems] == ["assessment.scheme"]
    assert "did you mean 'four-band'?" in problems[0].message


@pytest.mark.parametrize("text", ["", "   \n", "# nothing\n", "just words", "- a\n- b\n", "3"], ids=repr)
def test_file_that_is_no_charter_is_one_message(text):
    """A file without sections gives one message, not one per missing section."""
    charter, problems = check_charter(text, "plan.yaml")

    assert charter is None
    assert len(problems) == 1


def test_load_refuses_with_all_reasons(tmp_path, drum_tower):
    """Loading a charter with two mistakes raises once, with a reason and a line for each."""
    path = tmp_path / "charter.yaml"
    path.write_text(drum_tower.replace("kind: village\n", "kind: 村\n").replace("cycle: 4\n", "cycle: 9\n"), "utf-8")

    with pytest.raises(InvalidFile, match="2 mistakes") as refusal:
        load_charter(path)

    assert [reason[:4] for reason in refusal.value.reasons] == ["line", "line"]


def test_load_names_the_missing_file(tmp_path):
    """A path that leads nowhere is named in the refusal."""
    with pytest.raises(UnreadableFile, match=r"nowhere\.yaml"):
        load_charter(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("seed", range(60))
def test_any_spoiled_value_is_told_and_never_raises(drum_tower, seed):
    """Whatever stands in place of a few lines' values, the check returns problems and does not break down."""
    draw = random.Random(seed)
    junk = [
        "[]",
        "{}",
        "[[1]]",
        "{a: 1}",
        "-1",
        "true",
        "~",
        "''",
        "0.5",
        "2024-01-01",
        "词",
        "[~]",
        "1e999",
        "{code: x}",
    ]
    lines = drum_tower.split("\n")
    keyed = [number for number, line in enumerate(lines) if ": " in line and not line.lstrip().startswith("#")]
    for number in draw.sample(keyed, 6):
        lines[number] = lines[number].split(": ")[0] + ": " + draw.choice(junk)
    text = "\n".join(lines)

    charter, problems = check_charter(text)

    assert (charter is None) == bool(problems)
    assert all(1 <= problem.line <= len(lines) for problem in problems)


@pytest.mark.parametrize("junk", ["[]", "{}", "~", "1", "[1]", "{a: {b: c}}", "[{}]", "[[{}]]", "词"])
def test_any_spoiled_section_is_told_and_never_raises(drum_tower, junk):
    """Each section in turn replaced by something else is told, and the other sections are still checked."""
    for section in read_yaml(drum_tower).value:
        if (section, junk) in {("simulation", "~"), ("charter", "1")}:
            continue
        head, rest = drum_tower.split(f"\n{section}:", 1)
        tail = next((rest[at:] for at in [rest.find("\n# ", 1)] if at > 0), "\n")

        _, problems = check_charter(f"{head}\n{section}: {junk}{tail}")

        assert problems, section
