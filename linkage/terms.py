"""The vocabulary: every word the field uses that the software stores, as an enum with its Chinese label.

This module decides what things are called and nothing else. A value is what the database and the files
hold; a label is what people read. A new domain word enters here first, with its label.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A closed list of words; each member is written `NAME = "value", "中文标签"`."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Keep the label beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def of(cls, value: str) -> Self:
        """Return the member with this value.

        Raises
        ------
        ValueError
            If the word is not of this kind; the message lists the words that are.
        """
        try:
            return cls(value)
        except ValueError:
            message = f"{value!r} is not one of {', '.join(member.value for member in cls)}"
            raise ValueError(message) from None


class Stage(Term):
    """The seven stages of a project's cycle, in order; the same word in every layer.

    A project enters a stage when the one before it has met its gates, and leaves `disbursement` for the
    `survey` of its next cycle, or for closure after the last.
    """

    SURVEY = "survey", "需求调查"
    MATCHING = "matching", "资源匹配"
    SCHEDULING = "scheduling", "排班"
    DELIVERY = "delivery", "服务实施"
    REPORTING = "reporting", "报告"
    ASSESSMENT = "assessment", "评估"
    DISBURSEMENT = "disbursement", "拨付"


class ProjectState(Term):
    """Whether the lifecycle may move a project at all."""

    OPEN = "open", "进行中"  # entered when the charter is adopted
    CLOSED = "closed", "已结项"  # entered after the last cycle's disbursement; never left
    STOPPED = "stopped", "已终止"  # entered by the purchaser's decision; never left


class LinkageMode(Term):
    """Who leads the five societies (domain: five modes seen in the field)."""

    SOCIAL_WORK_LED = "social_work_led", "社工引领型"
    VOLUNTEER_DRIVEN = "volunteer_driven", "志愿驱动型"
    GOVERNMENT_INTEGRATED = "government_integrated", "政府统筹型"
    SELF_ORGANIZED = "self_organized", "社区自组织型"
    PROJECT_ORIENTED = "project_oriented", "项目导向型"


class Society(Term):
    """The five societies: four actors and one element (the charitable resource is not a party)."""

    COMMUNITY = "community", "社区"
    SOCIAL_ORGANIZATION = "social_organization", "社会组织"
    SOCIAL_WORKER = "social_worker", "社会工作者"
    VOLUNTEER = "volunteer", "社区志愿者"
    CHARITABLE_RESOURCE = "charitable_resource", "社会慈善资源"


class PartyKind(Term):
    """What a party is; what it does in a project is its `PartyRole`."""

    GOVERNMENT = "government", "政府部门"
    COMMUNITY = "community", "社区居民委员会（村民委员会）"
    SOCIAL_ORGANIZATION = "social_organization", "社会组织"
    VOLUNTEER_ORGANIZATION = "volunteer_organization", "志愿服务组织"
    VOLUNTEER_TEAM = "volunteer_team", "志愿服务队"
    MERCHANT = "merchant", "商户"
    ENTERPRISE = "enterprise", "企业"
    FOUNDATION = "foundation", "基金会"
    ASSESSMENT_BODY = "assessment_body", "评估机构"
    RESIDENTS_GROUP = "residents_group", "居民组织"


class PartyRole(Term):
    """What a party does in one project; a party may have several roles."""

    PURCHASER = "purchaser", "购买方"
    PROVIDER = "provider", "承接方"
    COMMUNITY = "community", "社区"
    SUPERVISING_BODY = "supervising_body", "监督单位"
    ASSESSOR = "assessor", "第三方评估机构"
    VOLUNTEER_ORGANIZATION = "volunteer_organization", "志愿服务组织"
    RESOURCE_GIVER = "resource_giver", "资源提供方"


class ServiceMethod(Term):
    """How a contract unit is served (MZ/T 094-2017 casework, MZ/T 095-2017 group work)."""

    CASE_WORK = "case_work", "个案"
    GROUP_WORK = "group_work", "小组"
    COMMUNITY_ACTIVITY = "community_activity", "社区活动"
    HOME_VISIT = "home_visit", "入户走访"
    MEAL = "meal", "助餐"
    TRAINING = "training", "培训"
    VOLUNTEER_DEVELOPMENT = "volunteer_development", "志愿者培育"


class NeedCategory(Term):
    """What a resident or a unit asks for; matching looks for offers of the same category."""

    MEAL = "meal", "助餐"
    ESCORT = "escort", "陪同出行"
    CLEANING = "cleaning", "保洁"
    VISIT = "visit", "探访慰问"
    REPAIR = "repair", "维修"
    TUTORING = "tutoring", "课业辅导"
    HEALTH = "health", "健康服务"
    LEGAL = "legal", "法律咨询"
    CULTURE = "culture", "文化活动"
    GOODS = "goods", "物资"
    FUND = "fund", "资金"
    SPACE = "space", "场地"
    TRAINING = "training", "技能培训"
    OTHER = "other", "其他"


class Channel(Term):
    """How a survey answer reached us."""

    QUESTIONNAIRE = "questionnaire", "问卷"
    HOME_VISIT = "home_visit", "入户走访"
    DESK = "desk", "来访登记"


class NeedState(Term):
    """Where a need stands."""

    OPEN = "open", "待匹配"  # entered on import; left by a match or a gap
    MATCHED = "matched", "已匹配"  # entered when a person confirms a match
    ACCEPTED = "accepted", "已承接"  # entered when the provider accepts
    UNMET = "unmet", "暂未满足"  # entered with a dated gap and its reasons; reopened by the next cycle
    MET = "met", "已满足"  # entered when service was recorded for it
    WITHDRAWN = "withdrawn", "已撤回"  # entered when the person withdraws; never left


class MatchState(Term):
    """Where a match stands: a proposal with reasons, confirmed by a person, answered by the provider."""

    PROPOSED = "proposed", "建议"
    REJECTED = "rejected", "不采纳"
    OFFERED = "offered", "待承接方答复"  # entered by a person's confirmation
    ACCEPTED = "accepted", "已接单"
    DECLINED = "declined", "已谢绝"
    EXPIRED = "expired", "逾期未答复"


class ActivityState(Term):
    """Where an activity stands; only a reviewed activity is released, only a released one is staffed."""

    PLANNED = "planned", "待审核"
    RELEASED = "released", "已发布"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"


class OfferState(Term):
    """Where a shift offered to a volunteer stands; nobody may be assigned without acceptance (条例 art. 25)."""

    OFFERED = "offered", "待答复"
    ACCEPTED = "accepted", "已接受"
    DECLINED = "declined", "已谢绝"
    EXPIRED = "expired", "逾期未答复"
    WITHDRAWN = "withdrawn", "已退出"  # accepted first, told in time that they cannot come (条例 art. 22)


class CheckMethod(Term):
    """How a check-in or check-out was made."""

    CODE = "code", "扫码"
    ROSTER = "roster", "签到表"
    STAFF = "staff", "工作人员代签"


class RecordFlag(Term):
    """Why a service record waits for a person before it counts."""

    NO_CHECK_OUT = "no_check_out", "没有签退"
    TOO_SHORT = "too_short", "到场时长不足"
    TOO_LONG = "too_long", "时长超过计划"
    LATE_RECORD = "late_record", "超过10个工作日登记"


class FlagSubject(Term):
    """What a flag marks; both wait for a person until they are cleared with a written reason."""

    RECORD = "record", "服务记录"
    PRESENCE = "presence", "志愿者到场"


class RaterKind(Term):
    """Who scores in an assessment; service users are raters."""

    PURCHASER = "purchaser", "购买方"
    COMMUNITY = "community", "社区"
    THIRD_PARTY = "third_party", "第三方"
    PROVIDER = "provider", "承接方自评"
    SERVICE_USER = "service_user", "服务对象"
    FRONT_LINE = "front_line", "一线人员"
    SYSTEM = "system", "系统核算"


class AssessmentState(Term):
    """Where an assessment stands."""

    OPEN = "open", "评分中"  # entered when the cycle's report is out; left when every rater has scored
    CONCLUDED = "concluded", "已出结果"
    RECTIFYING = "rectifying", "整改中"  # entered by a failing band; left by a re-assessment


class RectificationState(Term):
    """Where a rectification stands."""

    OPEN = "open", "整改中"
    DONE = "done", "已整改"  # entered by the provider's statement and the assessor's acceptance


class GateKind(Term):
    """What must be true before a tranche is paid."""

    RESULT = "result", "评估合格"
    DOCUMENTS = "documents", "材料齐全"
    APPROVAL = "approval", "购买方批准"


class TrancheState(Term):
    """Where a tranche stands."""

    LOCKED = "locked", "未到条件"
    RELEASED = "released", "已拨付"


class DecisionKind(Term):
    """A decision that only a person takes; each is a row that is never changed."""

    CLOSE_SURVEY = "close_survey", "结束需求调查"
    CONFIRM_MATCHES = "confirm_matches", "确认匹配"
    ANSWER_MATCH = "answer_match", "承接方答复"
    REVIEW_ACTIVITIES = "review_activities", "活动审核"
    ANSWER_SHIFT = "answer_shift", "志愿者答复"
    CLOSE_DELIVERY = "close_delivery", "结束本期服务"
    CLEAR_FLAG = "clear_flag", "核实记录"
    ADOPT_REPORT = "adopt_report", "报告定稿"
    SUBMIT_SCORES = "submit_scores", "提交评分"
    CLOSE_RECTIFICATION = "close_rectification", "整改验收"
    DELIVER_DOCUMENTS = "deliver_documents", "材料移交"
    APPROVE_TRANCHE = "approve_tranche", "批准拨付"
    STOP_PROJECT = "stop_project", "终止项目"


class ConsentPurpose(Term):
    """What a person allows their data to be used for (PIPL 13–16, 23, 25: one consent per purpose)."""

    SERVICE = "service", "用于提供服务"
    SHARE_PROVIDER = "share_provider", "提供给承接服务的单位或志愿者"
    SHARE_PURCHASER = "share_purchaser", "提供给购买方和评估方核查"
    PUBLICATION = "publication", "公开展示"


class DataClass(Term):
    """How sensitive a column is; every personal column names one (PIPL 28, 51)."""

    INTERNAL = "internal", "内部"
    PERSONAL = "personal", "个人信息"
    SENSITIVE = "sensitive", "敏感个人信息"


class Retention(Term):
    """How long a record class is kept; the days stand in configuration."""

    PROJECT = "project", "项目档案（采购文件15年）"
    VOLUNTEER = "volunteer", "志愿服务记录（不少于10年）"
    SURVEY = "survey", "调查原始数据"
    MESSAGE = "message", "通知"


class MessageState(Term):
    """Where an outgoing message stands; one message has one recipient."""

    QUEUED = "queued", "待发送"
    LEASED = "leased", "发送中"
    SENT = "sent", "已发送"
    UNKNOWN = "unknown", "发送结果未知"  # the process died between sending and marking; a person decides
    DEAD = "dead", "发送失败"
    EXPIRED = "expired", "已过时效"


class AttemptOutcome(Term):
    """How one attempt to send a message ended; none while it goes on, or for ever if the process died in it."""

    SENT = "sent", "已发送"
    FAILED = "failed", "暂时失败"  # tried again later
    IN_DOUBT = "in_doubt", "不知是否送达"  # the line broke after the message had gone out
    REFUSED = "refused", "渠道拒绝"  # for good: a wrong token, a robot that was removed
    UNDELIVERABLE = "undeliverable", "无法投递"  # for good, and the channel itself works: no such recipient


class ChannelType(Term):
    """What carries a message; the hosts of each are fixed in code."""

    MAILBOX = "mailbox", "本地信箱"
    EMAIL = "email", "电子邮件"
    WECOM_BOT = "wecom_bot", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉群机器人"
    FEISHU = "feishu", "飞书群机器人"
    LARK = "lark", "Lark 群机器人"
    SERVERCHAN = "serverchan", "Server 酱"


class MailProvider(Term):
    """Whose mail server sends an organisation's mail; its address is fixed in code."""

    EXMAIL = "exmail", "腾讯企业邮"
    QQ = "qq", "QQ 邮箱"
    NETEASE_163 = "netease_163", "网易 163 邮箱"
    NETEASE_126 = "netease_126", "网易 126 邮箱"
    NETEASE_QIYE = "netease_qiye", "网易企业邮"
    ALIYUN_QIYE = "aliyun", "阿里企业邮"


class ReportKind(Term):
    """A generated document and its main reader."""

    COMMUNITY_SUMMARY = "community_summary", "社区服务简报"
    PROGRESS_REPORT = "progress_report", "阶段服务报告"
    FINAL_REPORT = "final_report", "末期服务报告"


class ListKind(Term):
    """A dated, frozen document built from rows."""

    NEEDS_LIST = "needs_list", "需求清单"
    SERVICE_LIST = "service_list", "服务清单"
    RESPONSIBILITY_LIST = "responsibility_list", "责任清单"
    GAP_LIST = "gap_list", "缺口清单"
    VACANCY_LIST = "vacancy_list", "岗位缺口清单"


class RosterObjective(Term):
    """What a roster tries to keep small, by name; the caller gives the order."""

    UNCOVERED = "uncovered", "未排满的岗位"
    LEAD_MISSING = "lead_missing", "没有领队的班次"
    PLEDGE_SHORTFALL = "pledge_shortfall", "承诺时长缺口"
    DISTURBANCE = "disturbance", "对原班表的变动"
    PREFERENCE = "preference", "未满足的意愿"
    UNFAIRNESS = "unfairness", "时长分配不均"
    PEOPLE_USED = "people_used", "动用人数"


class RosterStatus(Term):
    """How good a roster is known to be."""

    OPTIMAL = "optimal", "已证明最优"
    BEST_FOUND = "best_found", "目前最好方案"
    CONTRADICTORY = "contradictory", "硬性规则互相矛盾"
    NO_PLAN = "no_plan", "时限内未得出方案"


class RosterRule(Term):
    """A hard rule of the roster, as named where rules contradict each other or one of them has a price."""

    FIXED = "fixed", "已确定的安排"
    LISTED = "listed", "允许安排的名单"
    AVAILABLE = "available", "可服务时段"
    DAYS_OFF = "days_off", "指定休息日"
    SKILL = "skill", "岗位技能"
    CERTIFICATE = "certificate", "证书有效期"
    SEATS = "seats", "岗位名额"
    LEAD = "lead", "班次领队"
    MAX_MINUTES = "max_minutes", "总时长上限"
    MAX_MINUTES_WEEK = "max_minutes_week", "每周时长上限"
    MAX_MINUTES_DAY = "max_minutes_day", "每日时长上限"
    STRAIN_WEEK = "strain_week", "每周疲劳上限"
    GAPS = "gaps", "班次之间的间隔"
    SUCCESSIONS = "successions", "不得相接的班次"
    ONE_A_DAY = "one_a_day", "每天最多一班"
    NEWCOMER = "newcomer", "新人须有熟手同班"
    TEAM = "team", "小组须一起到场"
    MIN_MINUTES = "min_minutes", "总时长下限"
    MAX_CONSECUTIVE_DAYS = "max_consecutive_days", "连续上班天数上限"
    MIN_CONSECUTIVE_DAYS = "min_consecutive_days", "连续上班天数下限"
    MIN_CONSECUTIVE_DAYS_OFF = "min_consecutive_days_off", "连续休息天数下限"
    MAX_WEEKENDS = "max_weekends", "周末班上限"
    MAX_SHIFTS_BY_KIND = "max_shifts_by_kind", "同类班次数上限"


class RosterStep(Term):
    """The steps of the funnel from all volunteers to those who could still take a seat."""

    SKILL = "skill", "具备技能"
    LEAD = "lead", "具备领队资格"
    CERTIFICATE = "certificate", "证书在有效期内"
    LISTED = "listed", "允许安排到该班次"
    AVAILABLE = "available", "该时段有空"
    DAY_OFF = "day_off", "不在休息日"
    MINUTES = "minutes", "未超过时长上限"
    STRAIN = "strain", "未超过疲劳上限"
    PATTERN = "pattern", "符合值班规律"
    TEAM = "team", "同组成员能一起到场"
    NEWCOMER = "newcomer", "有熟手可以带新人"
    SERVING = "serving", "尚未排入该班次"  # who serves there already cannot fill a second place
    OVERLAP = "overlap", "与已定班次不冲突"
    TAKEN = "taken", "未被其他班次占用"


class RosterChangeKind(Term):
    """A change of the facts that fills a seat, cheapest kinds first."""

    RAISE_MINUTES = "raise_minutes", "放宽时长上限"
    RAISE_STRAIN = "raise_strain", "放宽疲劳上限"
    MORE_OF_KIND = "more_of_kind", "多排同类班次"
    LONGER_RUN = "longer_run", "延长连续上班天数"
    MORE_WEEKENDS = "more_weekends", "多排一个周末"
    WORK_DAY_OFF = "work_day_off", "休息日加班"
    EXTEND_AVAILABILITY = "extend_availability", "增加可服务时段"
    LIST_PAIR = "list_pair", "允许安排到该班次"
    RENEW_CERTIFICATE = "renew_certificate", "更新证书"
    NAME_EXPERIENCED = "name_experienced", "安排熟手带新人"
    GRANT_SKILL = "grant_skill", "取得技能"
    GRANT_LEAD = "grant_lead", "取得领队资格"
    ADD_VOLUNTEER = "add_volunteer", "增加一名志愿者"


class ShortfallCause(Term):
    """Why a volunteer stays below the pledge."""

    OWN_LIMITS = "own_limits", "本人可服务时段或时长上限不足"
    DEMAND = "demand", "适合的班次不足"
    BOTH = "both", "时段与班次均不足"
    OTHER_AIMS = "other_aims", "让位于更优先的目标"


class RosterMoveReason(Term):
    """Why an accepted place was given up, or a new one taken, when a roster was made again."""

    DROPPED_OUT = "dropped_out", "本人退出"
    UNAVAILABLE = "unavailable", "本人该时段不能到岗"
    CANCELLED = "cancelled", "班次取消"
    TEAM = "team", "同组成员不能到场"
    COMPANY = "company", "没有熟手带新人"
    RULE = "rule", "不再符合硬性规则"
    NEEDED_ELSEWHERE = "needed_elsewhere", "调往更需要的班次"
    OTHER_AIMS = "other_aims", "让位于更优先的目标"
    FILLS_VACATED = "fills_vacated", "补上空出的岗位"
    FILLS_NEW = "fills_new", "补上新增的班次"
    FILLS_EMPTY = "fills_empty", "补上原有的空缺"


class ReplacementReason(Term):
    """Why a candidate for a vacated seat stands where it stands in the ranking."""

    FREE = "free", "该时段空闲"
    LEAVES_OTHER = "leaves_other", "需调离其他班次"
    NEVER_ASKED = "never_asked", "尚未邀请过"
    BELOW_PLEDGE = "below_pledge", "承诺时长尚未完成"
    WANTS = "wants", "本人愿意"
    WOULD_RATHER_NOT = "would_rather_not", "本人不愿意"
    LEADS = "leads", "可担任领队"


class CommunityKind(Term):
    """What sort of place a community is."""

    VILLAGE = "village", "村"
    URBAN = "urban", "城市社区"


class UnitCount(Term):
    """What one contract unit is made of; a contract says how many of them are owed."""

    ACTIVITIES = "activities", "活动场次"  # one held activity
    GROUPS = "groups", "小组"  # one group-work service in one cycle; its activities are the sessions
    CASES = "cases", "个案"  # one beneficiary of a casework service
    SERVICE_RECORDS = "service_records", "服务记录"
    PERSONS = "persons", "服务人数"  # distinct people; never added to person-times
    PERSON_TIMES = "person_times", "服务人次"
    MEALS = "meals", "餐次"


class UnitMeasure(Term):
    """What is measured within one contract unit to see whether it counts."""

    PERSON_TIMES = "person_times", "参与人次"
    SESSIONS = "sessions", "活动节数"
    FOLLOW_UPS = "follow_ups", "跟进次数"
    PERSONS = "persons", "参与人数"


class UnitBasis(Term):
    """Whether every unit must reach the minimum, or the units together on average."""

    EACH = "each", "每个"
    AVERAGE = "average", "平均"


class AssessmentPhase(Term):
    """Which assessment a tranche waits for."""

    NONE = "none", "不评估"
    MIDTERM = "midterm", "中期评估"
    FINAL = "final", "末期评估"


class MatchObjective(Term):
    """What a matching tries to keep small, by name; the caller gives the order."""

    QUOTA_SHORTFALL = "quota_shortfall", "未达到的最低份额"  # units that groups are met below their minimum
    UNMET_PRIORITY = "unmet_priority", "未满足的需求（按优先级加权）"
    UNFAIRNESS = "unfairness", "各小区满足程度不均"
    CHANGED = "changed", "对上次方案的变动"  # against the last accepted plan of this round
    CONTINUITY = "continuity", "更换上期服务方"  # units another offer meets although last cycle's could
    COST = "cost", "匹配代价"


class MatchStatus(Term):
    """How good a matching is known to be."""

    OPTIMAL = "optimal", "已证明最优"
    WITHIN_GAP = "within_gap", "差距在允许范围内"
    BEST_SO_FAR = "best_so_far", "目前最好方案"
    CONTRADICTORY = "contradictory", "锁定的匹配互相矛盾"  # the fixed pairs break a limit; there is no plan


class MatchLimit(Term):
    """A limit that fixed pairs break together, or that a change raises."""

    NEED_QUANTITY = "need_quantity", "超过需求数量"
    INDIVISIBLE = "indivisible", "需求不可拆分"
    OFFER_CAPACITY = "offer_capacity", "超过服务容量"
    WINDOW_CAPACITY = "window_capacity", "超过时段容量"
    SOURCE_CAP = "source_cap", "超过来源上限"
    GROUP_MAX = "group_max", "超过份额上限"
    EXCLUSIVE = "exclusive", "互斥需求只能满足一项"
    PACKAGE = "package", "成套需求须全部满足"
    ELIGIBILITY = "eligibility", "不在可选范围"


class UnmetCause(Term):
    """Why a need, or a part of it, stays unmet."""

    NO_ELIGIBLE_OFFER = "no_eligible_offer", "没有符合条件的服务"
    NO_CAPACITY = "no_capacity", "符合条件的服务总容量不足"  # even an idle offer could not take it
    CAPACITY_TAKEN = "capacity_taken", "容量已用于其他需求"
    WINDOW_TAKEN = "window_taken", "可用时段已满"  # an eligible offer has room, but not in the window
    SOURCE_CAP = "source_cap", "该类来源已达上限"  # an eligible offer has room, its source has none
    GROUP_MAX = "group_max", "所在群体的份额已用完"  # there is room, but the group has had its maximum
    EXCLUSIVE = "exclusive", "互斥的另一项需求已满足"
    PACKAGE = "package", "成套需求中有一项无法满足"
    FAIRNESS = "fairness", "为照顾满足程度更低的小区"
    QUOTA = "quota", "为达到其他群体的最低份额"
    CONTINUITY = "continuity", "为保持上期服务方"  # there is room, but keeping last helpers stands before it
    NOT_PROVEN = "not_proven", "尚有容量，求解未完成"  # only where the plan is not proven optimal


class AlternativeCause(Term):
    """Why a match does not take the next best offer."""

    ONLY_CHOICE = "only_choice", "没有其他可选服务"
    COSTLIER = "costlier", "其他服务代价更高"
    EQUAL = "equal", "其他服务代价相同"
    CAPACITY_TAKEN = "capacity_taken", "更好的服务容量已用完"
    WINDOW_TAKEN = "window_taken", "更好的服务时段已满"
    SOURCE_CAP = "source_cap", "更好的服务来源已达上限"
    CONTINUITY = "continuity", "保持上期匹配"
    FIXED = "fixed", "已锁定"
    NOT_PROVEN = "not_proven", "求解未完成"  # only where the plan is not proven optimal


class AssessedFigure(Term):
    """A share that the system computes for an assessment; one means all of it was reached."""

    PERSONS_RATIO = "persons_ratio", "服务人数完成率"
    SERVICE_VOLUME_RATIO = "service_volume_ratio", "服务量完成率"
    CONTRACT_UNITS_RATIO = "contract_units_ratio", "合同单元完成率"
    SATISFACTION_RATIO = "satisfaction_ratio", "满意率"
    NEEDS_ANSWERED_RATIO = "needs_answered_ratio", "需求回应率"
    ON_TIME_RECORDS_RATIO = "on_time_records_ratio", "服务记录按时登记率"


class RoundingMode(Term):
    """How a score between two printed values is settled before it is compared with the bands."""

    HALF_UP = "half_up", "四舍五入"
    DOWN = "down", "舍去"
    NONE = "none", "不取整"


class ImportRemark(Term):
    """What a person should know of a survey file before it is imported."""

    UNKNOWN_QUESTION = "unknown_question", "章程没有用到的题目"
    UNMAPPED_OPTION = "unmapped_option", "没有对应需求类别的选项"
    UNCLASSIFIED_TEXT = "unclassified_text", "未能归类的开放回答，需人工归类"
    UNKNOWN_AREA = "unknown_area", "不认识的片区"
    REPEATED_RESPONDENT = "repeated_respondent", "填答人编号重复"
    REPEATED_PERSON = "repeated_person", "同一人填答多次，以最后一次为准"
    SHARED_PHONE = "shared_phone", "不同的人登记了同一电话"
    UNUSABLE_VALUE = "unusable_value", "不能使用的填写内容"
    REFUSED_CELL = "refused_cell", "读取时发现问题的单元格"
    NO_CONSENT = "no_consent", "未同意使用信息"
    NO_CONSENT_QUESTION = "no_consent_question", "问卷没有知情同意题"


class GapCause(Term):
    """Why units of a need are not served in a cycle; one gap has one cause."""

    NO_OFFER = "no_offer", "没有此类服务"
    OUT_OF_AREA = "out_of_area", "此类服务不覆盖该片区"
    WRONG_AGE = "wrong_age", "年龄不在服务范围"
    UNKNOWN_AGE = "unknown_age", "服务有年龄要求而年龄未登记"
    TOO_LATE = "too_late", "服务时间晚于需要的日期"
    NO_CONSENT = "no_consent", "本人未同意使用信息"
    NO_CAPACITY = "no_capacity", "符合条件的服务总容量不足"
    CAPACITY_TAKEN = "capacity_taken", "容量已用于其他需求"
    SOCIETY_CAP = "society_cap", "该社承接的份数已达上限"
    COMMUNITY_QUOTA = "community_quota", "所在社区的份额已用完"
    OTHER_QUOTA = "other_quota", "为达到其他社区的最低份额"
    CONTINUITY = "continuity", "为保持上期服务方"
    FAIRNESS = "fairness", "为照顾满足程度更低的小区"
    NOT_PROVEN = "not_proven", "尚有容量，求解未完成"
    REJECTED = "rejected", "审核时未采纳"
    DECLINED = "declined", "承接方谢绝"
    EXPIRED = "expired", "承接方逾期未答复"


class GapChange(Term):
    """The smallest change that would meet an unmet need."""

    ADD_OFFER = "add_offer", "增加此类服务"
    EXTEND_AREA = "extend_area", "扩大服务覆盖片区"
    WIDEN_AGE = "widen_age", "放宽年龄要求"
    RECORD_AGE = "record_age", "补登年龄"
    START_EARLIER = "start_earlier", "提前开展服务"
    OBTAIN_CONSENT = "obtain_consent", "征得本人同意"
    RAISE_CAPACITY = "raise_capacity", "增加服务容量"
    RAISE_SOCIETY_CAP = "raise_society_cap", "放宽该社承接上限"
    RAISE_COMMUNITY_QUOTA = "raise_community_quota", "提高所在社区份额"
    ASK_AGAIN = "ask_again", "与承接方再商议"


class MatchGround(Term):
    """A ground on which a need and a service stand together; a match names several."""

    CATEGORY = "category", "类别相符"
    AREA_LISTED = "area_listed", "专门服务该片区"
    COMMUNITY_LISTED = "community_listed", "服务该社区"
    EVERYWHERE = "everywhere", "服务全部片区"
    SAME_PROVIDER = "same_provider", "延续上期承接方"
    OTHER_PROVIDER = "other_provider", "与上期承接方不同"
    STARTS_ON = "starts_on", "开展日期"
    WAITED = "waited", "以往未满足，优先安排"
    CHOICE = "choice", "在可选服务中的选择"


class SurgeFactor(Term):
    """What the answer of a surge plan is tried against."""

    CONTACTS_PER_HOUR = "contacts_per_hour", "每人每小时完成数"
    HOURS_PER_DAY = "hours_per_day", "每天工作小时数"
    RETRY_SHARE = "retry_share", "需再次联系的比例"
    PEOPLE = "people", "人数"


class ContactOutcome(Term):
    """How an attempt to reach somebody by phone or visit ended."""

    CALL_BACK = "call_back", "约定再联系"  # attempted again
    NO_ANSWER = "no_answer", "无人应答"  # attempted again
    WRONG_NUMBER = "wrong_number", "号码有误"  # the contact is closed unreached and its record corrected
    NEEDS_ACTION = "needs_action", "需跟进处理"  # reached, and something is to be done


class RoundsObjective(Term):
    """What a plan of visit rounds keeps small, in this order."""

    UNSERVED = "unserved", "未安排的走访（按优先级加权）"
    TRAVEL_MINUTES = "travel_minutes", "路上时间"


class RoundsStatus(Term):
    """How good a plan of visit rounds is known to be."""

    OPTIMAL = "optimal", "已证明最优"
    BEST_FOUND = "best_found", "目前最好方案"


class RoundsCause(Term):
    """Why a visit is in no round; the first that holds."""

    NO_SKILL = "no_skill", "没有人具备所需技能"
    TOO_FEW_PEOPLE = "too_few_people", "同一天能一起上门的人不足"
    OVER_CAPACITY = "over_capacity", "超过任何人一次能带的份数"
    OUTSIDE_HOURS = "outside_hours", "不在任何人的上班时间内"
    OUT_OF_REACH = "out_of_reach", "路程太远，来不及往返"
    TOO_FEW_DAYS = "too_few_days", "可走访的日子不足"
    NOT_ENOUGH_TIME = "not_enough_time", "时间已用于其他走访"


class RoundsChangeKind(Term):
    """A change that lets one more visit into the rounds."""

    EXTEND_HOURS = "extend_hours", "延长上班时间"
    WIDEN_WINDOW = "widen_window", "放宽上门时段"
    RAISE_CAPACITY = "raise_capacity", "多带份数"
    GRANT_SKILL = "grant_skill", "取得技能"
    ALLOW_DAY = "allow_day", "增加可上门的日子"
    SHORTEN_GAP = "shorten_gap", "缩短两次上门的间隔"
    ADD_WORKER = "add_worker", "增加一人"


class PaceStanding(Term):
    """How what is done stands against the time that has passed."""

    BEHIND = "behind", "滞后"
    ON_PACE = "on_pace", "按进度"
    AHEAD = "ahead", "超前"


class UncountedCause(Term):
    """Why something that was delivered does not count towards a contract unit."""

    BELOW_MINIMUM = "below_minimum", "未达到单项最低要求"
    WAITING = "waiting", "记录待核实"
    OTHER_METHOD = "other_method", "服务方式与合同单元不符"
    NO_PERSON = "no_person", "没有登记到人，不能计入人数"


class RecordKind(Term):
    """The table a figure's records stand in."""

    SERVICE_RECORD = "service_record", "服务记录"
    RATING = "rating", "满意度评价"
    NEED = "need", "需求"
    HOURS_ENTRY = "hours_entry", "志愿服务时长记录"


class ReportFigure(Term):
    """A count that every report prints, beside the contract units and the assessed shares."""

    PERSONS = "persons", "服务人数"
    PERSON_TIMES = "person_times", "服务人次"
    MEALS = "meals", "助餐餐次"
    ACTIVITIES = "activities", "开展活动"
    NEEDS_ASKED = "needs_asked", "提出的需求"
    NEEDS_MET = "needs_met", "已满足的需求"
    VOLUNTEERS = "volunteers", "参与服务的志愿者"
    VOLUNTEER_MINUTES = "volunteer_minutes", "志愿服务时长"
    PLEDGE_KEPT = "pledge_kept", "承诺时长完成率"
