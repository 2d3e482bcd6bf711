// Made by generate.ts from filter.grammar: do not edit.
import {LRParser} from "@lezer/lr"
import {keyword} from "../keywords.ts"
export const parser = LRParser.deserialize({
  version: 14,
  states: "&`QYQPOOOYQPO'#CgOYQPO'#CjOeQPO'#ClOyQPO'#CkOOQO'#DO'#DOO![QPO'#CfO!jQPO'#CeQOQPOOOOQO,59R,59RO!uQPO,59UO!zQQO'#CpOOQO,59W,59WOOQO'#Ct'#CtO#VQPO'#CtO#eQQO,59VOYQPO'#CyO#sQPO,59QOYQPO'#CzO$RQPO,59POOQO1G.p1G.pOOQO'#Cq'#CqO$^QPO,59[OOQO,59`,59`O!zQQO'#CvOOQO1G.q1G.qOOQO,59e,59eOOQO-E6w-E6wOOQO,59f,59fOOQO-E6x-E6xOOQO1G.v1G.vO$cQPO,59bO$kQQO1G.|O$yQPO1G.|OOQO1G.|1G.|OOQO,59d,59dOOQO7+$h7+$hO%RQQO7+$hOOQO-E6v-E6vOOQO<<HS<<HSP!zQQO'#Cx",
  stateData: "%d~OqOSVOS~ORPO]QOaRO~OcZOR`XS`XT`XU`Xi`X~OR^OS]OT]OU]Oi]O~OP`OQYXoYX[YX~OQbOoXX[XX~O[dO~OaeOfeOgeO~OSgOTgOUgOigO~O]hOaeOfeOgeO~OP`OQYaoYa[Ya~OQbOoXa[Xa~ObnO~O[rOkpO~O[tOaeOfeOgeO~O[tOkuO~O[wOaeOfeOgeO~OVa~",
  goto: "#gsPPPPPPPPPtz!RPP!R!R!YPPP!a!dPP!rP!uP!x#O#UPPP#[QWORYQSVOQRlbZTOPQ`bZSOPQ`bR[RQfZQi_QohVspuxR_SRi_QqoRvqQaURkaQcVRmcUUOQbQXPRj`",
  nodeNames: "⚠ And Or Not In Like Has Comment Filter Disjunction Conjunction Negation ) ( Group Comparison Field Word ] [ Subscript Value Bracketed String Operator CompareOp List ,",
  maxTerm: 34,
  nodeProps: [
    ["openedBy", 12,"(",18,"["],
    ["closedBy", 13,")",19,"]"]
  ],
  skippedNodes: [0,7],
  repeatNodeCount: 3,
  tokenData: "+U~RlXY!yYZ!y]^!ypq!yqr#[rs#sst%auv%xwx'Sxy(kyz(pz{%x|}(u}!O(z!Q![%x![!]%x!^!_)Q!_!`)`!`!a)k!c!}%x!}#O)s#P#Q+P#R#S%x#T#o%x#r#s#n$g;'S%x;'S;=`&|<%lO%x~#OSq~XY!yYZ!y]^!ypq!y~#_R!^!_#h!_!`#n#r#s#n~#kP!^!_#n~#sOi~~#vVOr#srs$]s#O#s#O#P$b#P;'S#s;'S;=`%Z<%lO#s~$bOg~~$eRO;'S#s;'S;=`$n;=`O#s~$qWOr#srs$]s#O#s#O#P$b#P;'S#s;'S;=`%Z;=`<%l#s<%lO#s~%^P;=`<%l#s~%fSV~OY%aZ;'S%a;'S;=`%r<%lO%a~%uP;=`<%l%a~%}_a~uv%xz{%x{|%x}!O%x!O!P%x!P!Q%x!Q![%x![!]%x!b!c%x!c!}%x#R#S%x#T#o%x$g;'S%x;'S;=`&|<%lO%x~'PP;=`<%l%x~'VVOw'Swx$]x#O'S#O#P'l#P;'S'S;'S;=`(e<%lO'S~'oRO;'S'S;'S;=`'x;=`O'S~'{WOw'Swx$]x#O'S#O#P'l#P;'S'S;'S;=`(e;=`<%l'S<%lO'S~(hP;=`<%l'S~(pO]~~(uO[~~(zOk~~(}P}!O%a~)VRi~!^!_#n!_!`#n!`!a#n~)eQi~!_!`#n#r#s#n~)pPi~!_!`#nR)xScP!Q![*U![!]*e!c!i*U#T#Z*UQ*XS!Q![*U![!]*e!c!i*U#T#Z*UQ*hU!O!P*e!Q![*e![!]*e!c!i*e#P#Q*z#T#Z*eQ+POfQ~+UOb~",
  tokenizers: [0, 1],
  topRules: {"Filter":[0,8]},
  specialized: [{term: 17, get: (value: any, stack: any) => (keyword(value, stack) << 1), external: keyword}],
  tokenPrec: 201
})
