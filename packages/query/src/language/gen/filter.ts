// Made by generate.ts from filter.grammar: do not edit.
import {LRParser} from "@lezer/lr"
import {keyword} from "../keywords.ts"
export const parser = LRParser.deserialize({
  version: 14,
  states: "&`QYQPOOOYQPO'#CgOYQPO'#CjOeQPO'#ClOyQPO'#CkOOQO'#C}'#C}O![QPO'#CfO!jQPO'#CeQOQPOOOOQO,59R,59RO!uQPO,59UO!zQPO'#CpOOQO,59W,59WOOQO'#Cs'#CsO#SQPO'#CsO#bQPO,59VOYQPO'#CxO#mQPO,59QOYQPO'#CyO#{QPO,59POOQO1G.p1G.pOOQO'#Cq'#CqO$WQPO,59[OOQO,59_,59_O!zQPO'#CuOOQO1G.q1G.qOOQO,59d,59dOOQO-E6v-E6vOOQO,59e,59eOOQO-E6w-E6wOOQO1G.v1G.vO$]QPO,59aO$eQPO1G.{O$pQPO1G.{OOQO1G.{1G.{OOQO,59c,59cOOQO7+$g7+$gO$xQPO7+$gOOQO-E6u-E6uOOQO<<HR<<HRP!zQPO'#Cw",
  stateData: "%W~OpOSVOS~ORPO]QOaRO~OcZOR`XS`XT`XU`Xh`X~OR^OS]OT]OU]Oh]O~OP`OQYXnYX[YX~OQbOnXX[XX~O[dO~OaeOfeO~OSgOTgOUgOhgO~O]hOaeOfeO~OP`OQYanYa[Ya~OQbOnXa[Xa~ObnO~O[rOjpO~O[tOaeOfeO~O[tOjuO~O[wOaeOfeO~OVa~",
  goto: "#frPPPPPPPPPsy!QPP!Q!Q!XPPP!`!cP!qP!tP!w!}#TPPP#ZQWORYQSVOQRlbZTOPQ`bZSOPQ`bR[RQfZQi_QohVspuxR_SRi_QqoRvqQaURkaQcVRmcUUOQbQXPRj`",
  nodeNames: "⚠ And Or Not In Like Has Comment Filter Disjunction Conjunction Negation ) ( Group Comparison Field Word ] [ Subscript Value String Operator CompareOp List ,",
  maxTerm: 33,
  nodeProps: [
    ["openedBy", 12,"(",18,"["],
    ["closedBy", 13,")",19,"]"]
  ],
  skippedNodes: [0,7],
  repeatNodeCount: 3,
  tokenData: ")}~RlXY!yYZ!y]^!ypq!yqr#[rs#sst%auv%xwx'Sxy(kyz(pz{%x|}(u}!O(z!Q![%x![!]%x!^!_)Q!_!`)`!`!a)k!c!}%x!}#O)s#P#Q)x#R#S%x#T#o%x#r#s#n$g;'S%x;'S;=`&|<%lO%x~#OSp~XY!yYZ!y]^!ypq!y~#_R!^!_#h!_!`#n#r#s#n~#kP!^!_#n~#sOh~~#vVOr#srs$]s#O#s#O#P$b#P;'S#s;'S;=`%Z<%lO#s~$bOf~~$eRO;'S#s;'S;=`$n;=`O#s~$qWOr#srs$]s#O#s#O#P$b#P;'S#s;'S;=`%Z;=`<%l#s<%lO#s~%^P;=`<%l#s~%fSV~OY%aZ;'S%a;'S;=`%r<%lO%a~%uP;=`<%l%a~%}_a~uv%xz{%x{|%x}!O%x!O!P%x!P!Q%x!Q![%x![!]%x!b!c%x!c!}%x#R#S%x#T#o%x$g;'S%x;'S;=`&|<%lO%x~'PP;=`<%l%x~'VVOw'Swx$]x#O'S#O#P'l#P;'S'S;'S;=`(e<%lO'S~'oRO;'S'S;'S;=`'x;=`O'S~'{WOw'Swx$]x#O'S#O#P'l#P;'S'S;'S;=`(e;=`<%l'S<%lO'S~(hP;=`<%l'S~(pO]~~(uO[~~(zOj~~(}P}!O%a~)VRh~!^!_#n!_!`#n!`!a#n~)eQh~!_!`#n#r#s#n~)pPh~!_!`#n~)xOc~~)}Ob~",
  tokenizers: [0],
  topRules: {"Filter":[0,8]},
  specialized: [{term: 17, get: (value: any, stack: any) => (keyword(value, stack) << 1), external: keyword}],
  tokenPrec: 189
})
