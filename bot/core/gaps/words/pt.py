"""Portuguese words."""

from __future__ import annotations

STATES = {
    "open": """
        aberto, aberta, pendente, pendentes, falta, faltando, ausente, não iniciado, não iniciada, não implementado, não
        implementada, não feito, planejado, planeado, a fazer, por fazer, novo, incompleto, não resolvido
    """,
    "in_progress": """
        em andamento, em progresso, em curso, parcial, parcialmente, parcialmente implementado, parcialmente concluído, em
        desenvolvimento, em revisão, iniciado
    """,
    "done": """
        feito, feita, concluído, concluída, concluídos, completo, completa, completado, resolvido, resolvida, resolvidos,
        corrigido, corrigida, implementado, implementada, fechado, fechada, finalizado, pronto, sim, entregue
    """,
    "deferred": """
        adiado, adiada, postergado, mais tarde, futuro, em espera, pausado, para depois
    """,
    "wontfix": """
        cancelado, cancelada, rejeitado, descartado, obsoleto, fora de escopo, não será feito, não aplicável
    """,
}

WEAK = """
    sim, falta, novo, futuro, pronto
"""

PRIORITIES = """
    crítico, crítica, críticos, críticas, urgente, muito alta, alto, alta, importante, importantes, médio, média,
    moderado, moderada, baixo, baixa, opcional, opcionais, desejável, bloqueador, menor, maior
"""

LABELS = {
    "status": """
        status, estado, situação
    """,
    "priority": """
        prioridade, urgência
    """,
    "severity": """
        severidade, gravidade, criticidade
    """,
    "effort": """
        esforço, estimativa, esforço estimado, tempo estimado, tamanho
    """,
    "complexity": """
        complexidade, dificuldade
    """,
    "depends": """
        dependências, dependência, depende de, bloqueado por, requer, pré requisitos, pré-requisitos
    """,
    "id": """
        número
    """,
    "title": """
        título, lacuna, problema, tarefa, descrição, funcionalidade, recurso, item, dívida, melhoria, débito
    """,
    "resolution": """
        resolução
    """,
    "describes": """
        descrição, problema, impacto, causa, solução, arquivos, arquivo, recomendação, risco, motivo, localização, local,
        justificativa, ação, proposta, estado atual, módulo, solução proposta, correção
    """,
}

LACKING = """
    não, nao, sem, falta, faltam, faltando, nunca, só, apenas, ainda, incompleto, incompleta, erro, erros, problema, quebrado,
    duplicado, lento, obsoleto, deveria, deve, devem, pendente, pendentes, manual, limitado, inseguro
"""

DEMANDS = """
    adicionar, corrigir, implementar, suportar, melhorar, remover, substituir, migrar, atualizar, criar, fazer, usar, validar,
    revisar, refatorar, mover, documentar, testar, considerar, integrar, otimizar, definir, extrair, permitir, mostrar,
    configurar
"""

SECTIONS = {
    "legend": """
        legenda, formato, modelo, glossário, definições, níveis de prioridade, categorias, exemplo
    """,
    "guide": """
        como usar, como contribuir, contribuindo, processo, instruções, uso, manutenção, guia
    """,
    "reference": """
        referências, links, recursos, índice, sumário, veja também, fontes, anexo
    """,
    "summary": """
        resumo, resumo executivo, estatísticas, métricas, conclusão, visão geral, matriz de prioridades, painel
    """,
    "plan": """
        roteiro, próximos passos, plano, plano de ação, cronograma, recomendações, ordem sugerida, ordem recomendada
    """,
    "inventory": """
        o que funciona, já implementado, implementado, existente, pontos fortes, estado atual, contexto, introdução
    """,
    "archive": """
        resolvido, resolvidos, concluído, concluídos, concluídas, feito, fechado, arquivo
    """,
    "log": """
        histórico, registro de alterações, alterações, mudanças
    """,
    "gaps": """
        lacunas, faltantes, limitações, limitações conhecidas, problemas, problemas conhecidos, dívida técnica, dívidas,
        tarefas, pendências, melhorias, erros, o que falta, funcionalidades faltantes, a fazer, débito técnico, débitos
        técnicos
    """,
    "detail": """
        problema, descrição, solução, impacto, causa, passos, recomendação, arquivos, estado atual
    """,
}
