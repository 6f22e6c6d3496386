// What is said at a counter without network: the title of every reason, and what to do next where the server
// cannot be asked. Titles are those of the server wherever it has the same reason; a test compares.

interface Sentence {
  title: string;
  next: string;
}

const RENEW = '请持券人联网打开“我的券”，更新后重新出示';
const REPORT = '不要办理；请留存来人信息，联网后向发券机关报告';

export const SENTENCES: Record<string, Sentence> = {
  code_malformed: { title: '这不是有效的出示码', next: '请持券人刷新手机上的码，切换到“离线码”后再扫' },
  code_kind_wrong: { title: '没有网络时不能用这种码', next: '请持券人在出示页切换到“离线码”（点“机构没有网络？”），再扫一次' },
  credential_key_unknown: { title: '这张券凭证的签发密钥不在可信名单中', next: '不要办理；联网后重新扫描，仍不行的向发券机关核实' },
  credential_key_withdrawn: { title: '这张券凭证的签发密钥已停用或尚未启用', next: RENEW },
  credential_algorithm: { title: '这张券凭证的签名算法在这里不能核验', next: '请等网络恢复后再扫' },
  credential_forged: { title: '这张券凭证不是发券机关签发的', next: REPORT },
  credential_not_yet: { title: '这张券凭证还没有到可以使用的时间', next: '请持券人在有效期内出示' },
  credential_expired: { title: '这张券凭证已过有效期', next: RENEW },
  credential_elsewhere: { title: '这张券没有锁定在本机构', next: '请持券人到所报名的机构办理；要在本机构报名的，等联网后办理' },
  offline_forbidden: { title: '这张券不能离线核验', next: '请等网络恢复后再扫' },
  status_unknown: { title: '本机保存的券凭证状态名单没有或已过期，不能离线核验', next: '请联网打开一次本页，更新离线名单后再扫' },
  not_on_roster: { title: '离线名单里没有这个人', next: '请核对是不是这个班的学员；刚报名或刚换手机的，等联网后再扫' },
  credential_superseded: { title: '这张券凭证已作废或已换新', next: '请持券人找有网络的地方打开“我的券”，更新后重新出示；打不开的，等联网后再扫' },
  credential_frozen: { title: '这张券凭证已冻结', next: '请持券人在“我的券”查看原因，解冻后再出示' },
  beacon_unknown: { title: '这个码所用的时段校验数在这里查不到', next: '请持券人联网刷新后重新出示，或等本机联网后再扫' },
  code_forged: { title: '这个码不是持券人本人的手机出示的', next: '不要办理；请持券人用绑定的手机重新出示' },
  challenge_gone: { title: '这个码不是对本机构验证码的应答，或验证码已失效', next: '没有网络时不用机构验证码：请持券人返回，切换到“离线码”后再扫' },
  code_expired: { title: '这个码已过期', next: '请持券人刷新手机上的码后再扫' },
  phone_clock_wrong: {
    title: '这个码上的时间与系统时间相差过大：不是新出示的码，或者手机时间不准',
    next: '请把学员手机和本机的日期时间都设为“自动”，刷新后再扫；仍不行的，等联网后再扫',
  },
  code_used: { title: '这个码已经用过，一个码只能用一次', next: '请持券人刷新手机上的码后再扫' },
  counter_went_back: {
    title: '这个码的序号比已经扫过的还早：可能是旧码，也可能是复制出来的手机页面',
    next: '请核对身份证；等联网后，请持券人打开“我的券”重新绑定手机再办理',
  },
  status_old: { title: '券凭证状态名单不是最近一天的', next: '必须核对身份证原件；请尽快联网打开一次本页' },
  beacon_old: { title: '持券人的手机较久没有联网', next: '必须核对身份证原件；请持券人有网络时刷新一次' },
  identity_differs: { title: '证件后四位与持券人不符', next: '请核对来人的身份证原件；不是本人的不得登记，培训券不得转让' },
  class_not_started: { title: '这个班还没有开课', next: '开班当天起才能核销；请核对选的是不是学员所在的班' },
  class_over: { title: '这个班已经结束', next: '请核对选的是不是学员所在的班；确属漏扫的，请联系人社部门' },
  pack_missing: {
    title: '本机还没有这个班的离线名单',
    next: '联网打开一次本页后才能离线登记；现在请把姓名和券号记在纸上，联网后再扫',
  },
  pack_expired: { title: '本机的离线名单已过期', next: '联网打开一次本页，更新后才能离线登记；现在请记在纸上，联网后再扫' },
  storage_full: {
    title: '没有登记上：本机存不下这次扫码',
    next: '请退出无痕（隐私）模式，或清理本机存储空间后再扫；现在请记在纸上，联网后再扫',
  },
  not_keeping: { title: '没有登记上：这个浏览器现在不能离线登记', next: '请把姓名和券号记在纸上，联网后再扫' },
  answer_unknown: {
    title: '网络断开，刚才这一次是否办成还不知道',
    next: '联网后看花名册即知；要现在登记的，请持券人切换到“离线码”（点“机构没有网络？”），再扫一次',
  },
};

/** Returns title and next step of a reason; one nobody has written down is said in general words. */
export function sentenceOf(code: string): Sentence {
  return SENTENCES[code] ?? { title: '这个码现在不能登记', next: '请等网络恢复后再扫' };
}
