"""Spanish words."""

from __future__ import annotations

STATES = {
    "open": """
        abierto, abierta, pendiente, pendientes, falta, faltante, no iniciado, no iniciada, no implementado, no
        implementada, sin empezar, sin implementar, planificado, planeado, por hacer, sin resolver, nuevo, no empezado,
        incompleto
    """,
    "in_progress": """
        en progreso, en curso, en proceso, parcial, parcialmente, parcialmente completado, parcialmente implementado, en
        desarrollo, en revisión, casi listo, iniciado
    """,
    "done": """
        hecho, hecha, completado, completada, completo, resuelto, resuelta, corregido, corregida, implementado,
        implementada, terminado, terminada, cerrado, cerrada, finalizado, solucionado, listo, lista, sí, completados,
        resueltos
    """,
    "deferred": """
        detenido, detenida, aplazado, pospuesto, postergado, diferido, más adelante, en pausa, a futuro, futuro, para después
    """,
    "wontfix": """
        cancelado, descartado, rechazado, no se hará, obsoleto, fuera de alcance, no aplica
    """,
}

WEAK = """
    sí, listo, lista, falta, nuevo, futuro
"""

PRIORITIES = """
    crítico, crítica, críticos, críticas, urgente, muy alta, alto, alta, importante, importantes, medio, media, moderado,
    moderada, bajo, baja, opcional, opcionales, deseable, bloqueante, menor, mayor
"""

LABELS = {
    "status": """
        estado, estatus, situación
    """,
    "priority": """
        prioridad, urgencia
    """,
    "severity": """
        severidad, gravedad, criticidad
    """,
    "effort": """
        esfuerzo, estimación, esfuerzo estimado, tiempo estimado, tamaño
    """,
    "complexity": """
        complejidad, dificultad
    """,
    "depends": """
        dependencias, dependencia, depende de, bloqueado por, requiere, prerrequisitos, requisitos previos
    """,
    "id": """
        número
    """,
    "title": """
        título, brecha, problema, tarea, descripción, funcionalidad, característica, elemento, deuda, mejora
    """,
    "resolution": """
        resolución
    """,
    "describes": """
        descripción, problema, impacto, causa, solución, archivos, archivo, recomendación, riesgo, motivo, ubicación,
        justificación, acción, propuesta, estado actual, módulo, solución propuesta, razón
    """,
}

LACKING = """
    no, sin, falta, faltan, faltante, nunca, solo, sólo, aún, todavía, incompleto, incompleta, error, errores, problema, roto,
    rota, hardcoded, hardcodeado, hardcodeada, duplicado, duplicada, lento, obsoleto, debería, debe, deben, pendiente,
    pendientes, manual, limitado, limitada, inseguro
"""

DEMANDS = """
    agregar, añadir, corregir, arreglar, implementar, soportar, mejorar, eliminar, quitar, reemplazar, migrar, actualizar,
    crear, hacer, usar, validar, revisar, refactorizar, mover, documentar, probar, considerar, integrar, optimizar, definir,
    extraer, permitir, mostrar, configurar, unificar, completar
"""

SECTIONS = {
    "legend": """
        leyenda, formato, plantilla, glosario, definiciones, niveles de prioridad, categorías, ejemplo
    """,
    "guide": """
        cómo usar, cómo contribuir, contribuir, proceso, instrucciones, uso, mantenimiento, guía
    """,
    "reference": """
        referencias, enlaces, recursos, índice, ver también, fuentes, contenido, anexo
    """,
    "summary": """
        resumen, resumen ejecutivo, estadísticas, métricas, conclusión, conclusiones, visión general, matriz
        de prioridades, vista general
    """,
    "plan": """
        hoja de ruta, próximos pasos, siguientes pasos, plan, plan de acción, cronograma, recomendaciones, orden sugerido,
        orden recomendado
    """,
    "inventory": """
        qué funciona, ya implementado, implementado, existente, fortalezas, estado actual, contexto, introducción
    """,
    "archive": """
        resuelto, resueltos, completado, completados, completadas, hecho, terminado, cerrado, archivo
    """,
    "log": """
        historial, registro de cambios, cambios
    """,
    "gaps": """
        brechas, faltantes, limitaciones, limitaciones conocidas, problemas, problemas conocidos, deuda técnica, deuda,
        tareas, pendientes, mejoras, errores, carencias, lo que falta, funcionalidades faltantes, por hacer, huecos
    """,
    "detail": """
        problema, descripción, solución, impacto, causa, pasos, recomendación, archivos, estado actual
    """,
}
